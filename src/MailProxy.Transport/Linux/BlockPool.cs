namespace MailProxy.Transport.Linux;

/// <summary>Memory blocks of one loop, rented only while bytes are in them. On the loop only.</summary>
internal sealed class BlockPool
{
    public const int BlockSize = 4096;
    private const int MostKept = 256;

    private readonly Stack<byte[]> _free = new();

    /// <summary>At least this many bytes; what was in them before is undefined.</summary>
    public byte[] Rent(int size)
    {
        if (size > BlockSize) return GC.AllocateUninitializedArray<byte>(size);
        return _free.TryPop(out var block) ? block : GC.AllocateUninitializedArray<byte>(BlockSize);
    }

    public void Return(byte[] block)
    {
        if (block.Length != BlockSize || _free.Count >= MostKept) return;
        block.AsSpan().Clear();                     // it may have held a password
        _free.Push(block);
    }
}

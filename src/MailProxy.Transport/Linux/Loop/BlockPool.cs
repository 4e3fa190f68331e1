namespace MailProxy.Transport.Linux.Loop;

/// <summary>Memory blocks of one loop, rented only while bytes are in them. On the loop only.</summary>
internal sealed class BlockPool
{
    public const int BlockSize = 4096;
    private const int MostKept = 256;

    /// <summary>The debug mode <c>MAILPROXY_POISON_BUFFERS=1</c>: memory that was given back is overwritten, so that whoever still uses it sends garbage.</summary>
    private static readonly bool Poisons = Environment.GetEnvironmentVariable("MAILPROXY_POISON_BUFFERS") == "1";

    private readonly Stack<byte[]> _free = new();

    /// <summary>At least this many bytes; what was in them before is undefined.</summary>
    public byte[] Rent(int size)
    {
        if (size > BlockSize) return GC.AllocateUninitializedArray<byte>(size);
        return _free.TryPop(out var block) ? block : GC.AllocateUninitializedArray<byte>(BlockSize);
    }

    /// <param name="block">Not used by anybody any more.</param>
    /// <param name="used">How many of its bytes were ever written: they may have held a password.</param>
    public void Return(byte[] block, int used = BlockSize)
    {
        Poison(block);
        if (block.Length != BlockSize || _free.Count >= MostKept) return;
        if (!Poisons) block.AsSpan(0, used).Clear();
        _free.Push(block);
    }

    /// <summary>In the debug mode: overwrites memory that nobody may use any more.</summary>
    public static void Poison(Span<byte> memory)
    {
        if (Poisons) memory.Fill(0xDB);
    }
}

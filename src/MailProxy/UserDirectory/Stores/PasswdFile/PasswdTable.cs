using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace MailProxy.UserDirectory.Stores.PasswdFile;

/// <summary>
/// The users of one reading of a passwd-file: the file as it stands, and where each user's line begins. Both are outside of
/// the collected heap, so that the table of the reading before is given back at once, and not when a collector comes by.
/// </summary>
internal sealed unsafe class PasswdTable : IDisposable
{
    private const int MostBytes = 1 << 29;
    private const uint HashStart = 2166136261;
    private const uint HashFactor = 16777619;

    private readonly MappedMemory _content;
    private readonly int _length;

    /// <summary>Where a line begins, and one more; 0 for none. Open addressing, at most half full.</summary>
    private MappedMemory? _slots;
    private int _mask;

    private PasswdTable(int length)
    {
        _content = new MappedMemory(length);
        _length = length;
    }

    /// <summary>How many users it has.</summary>
    public int Count { get; private set; }

    /// <summary>Whether its last line has an end.</summary>
    public bool IsEnded => _length > 0 && Content[^1] == '\n';

    private Span<byte> Content => new(_content.Start, _length);

    private Span<int> Slots => new(_slots!.Start, _mask + 1);

    /// <summary>Reads a whole file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="defaultScheme">The scheme of passwords that name none.</param>
    /// <param name="fault">Takes the number of each line with which something is wrong, and what; no part of the line.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public static PasswdTable Read(SafeFileHandle file, string defaultScheme, Action<int, string> fault)
    {
        var length = RandomAccess.GetLength(file);
        if (length > MostBytes) throw new IOException("it is larger than 512 MiB");
        var table = new PasswdTable((int)length);
        try
        {
            for (var at = 0; at < table._length;)
            {
                var count = RandomAccess.Read(file, table.Content[at..], at);
                at += count > 0 ? count : throw new EndOfStreamException("it became shorter while it was read");
            }

            table.Index(defaultScheme, fault);
            return table;
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <summary>Finds a user's line.</summary>
    /// <param name="login">The login, in any case (A-Z).</param>
    /// <returns>A copy; null where nobody has this login.</returns>
    public byte[]? Find(ReadOnlySpan<byte> login)
    {
        if (login.IsEmpty) return null;
        var slots = Slots;
        for (var slot = Slot(login); slots[slot] != 0; slot = (slot + 1) & _mask)
        {
            var line = Line(slots[slot] - 1, out _);
            if (IsSame(PasswdFileParser.LoginOf(line), login)) return line.ToArray();
        }

        return null;
    }

    public void Dispose()
    {
        _content.Dispose();
        _slots?.Dispose();
    }

    private void Index(string defaultScheme, Action<int, string> fault)
    {
        var lines = (uint)Content.Count((byte)'\n') + 1;
        var size = BitOperations.RoundUpToPowerOf2(2 * lines);
        _slots = new MappedMemory(size * (long)sizeof(int));
        _mask = (int)size - 1;
        var number = 0;
        for (int start = 0, next; start < _length; start = next)
        {
            number++;
            var line = Line(start, out next);
            var login = PasswdFileParser.LoginOf(line);
            if (login.IsEmpty) continue;
            if (PasswdFileParser.FindFault(line, defaultScheme) is { } problem) fault(number, $"{problem}, this user cannot log in");
            if (!TryAdd(login, start)) fault(number, "the user stands there already, line ignored");
        }
    }

    private bool TryAdd(ReadOnlySpan<byte> login, int start)
    {
        var slots = Slots;
        var slot = Slot(login);
        for (; slots[slot] != 0; slot = (slot + 1) & _mask)
        {
            if (IsSame(PasswdFileParser.LoginOf(Line(slots[slot] - 1, out _)), login)) return false;
        }

        slots[slot] = start + 1;
        Count++;
        return true;
    }

    /// <summary>A line without its end.</summary>
    private ReadOnlySpan<byte> Line(int start, out int next)
    {
        ReadOnlySpan<byte> rest = Content[start..];
        var length = rest.IndexOf((byte)'\n');
        next = length < 0 ? _length : start + length + 1;
        return (length < 0 ? rest : rest[..length]).TrimEnd((byte)'\r');
    }

    private int Slot(ReadOnlySpan<byte> login)
    {
        var hash = HashStart;
        foreach (var letter in login) hash = (hash ^ Fold(letter)) * HashFactor;
        return (int)((hash ^ (hash >> 15)) & (uint)_mask);
    }

    private static bool IsSame(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length) return false;
        for (var i = 0; i < left.Length; i++)
        {
            if (Fold(left[i]) != Fold(right[i])) return false;
        }

        return true;
    }

    private static byte Fold(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MailProxy.UserDirectory.Passwords;

/// <summary><c>{ARGON2ID}</c>, <c>{ARGON2I}</c>: <c>$argon2id$v=19$m=…,t=…,p=…$salt$hash</c> (RFC 9106), by libsodium, as in Dovecot.</summary>
internal static partial class Argon2
{
    public const string Library = "libsodium";

    // OWASP's figures: as strong as 64 MiB in one pass, and a proxy that hashes on n cores needs n times as much memory.
    private const int Memory = 19_456;
    private const int Passes = 2;

    /// <summary>In KiB. What is stored must not take the machine's memory.</summary>
    private const int MostMemory = 1 << 20;
    private const int MostPasses = 1000;
    private const int MostLanes = 64;

    /// <summary><c>crypto_pwhash_ALG_ARGON2ID13</c>.</summary>
    private const int Argon2Id = 2;

    /// <summary><c>crypto_pwhash_STRBYTES</c>.</summary>
    private const int TextSize = 128;

    /// <summary>EINVAL: all was understood, and it is another password.</summary>
    private const int WrongPassword = 22;

    /// <summary>ENOMEM.</summary>
    private const int NoMemory = 12;

    private static readonly Lock Gate = new();
    private static bool _isReady;

    static Argon2() => SystemLibraries.Prepare(Library, "libsodium.so.26", "libsodium.so.23");

    /// <summary>Nobody's password, at the cost of the others.</summary>
    public static string Example { get; } = string.Create(CultureInfo.InvariantCulture, $"$argon2id$v=19$m={Memory},t={Passes},p=1${new string('A', 22)}${new string('A', 43)}");

    /// <summary>Whether it says of itself that it is one: crypt(3) has no such thing, and tools write it behind <c>{CRYPT}</c> too.</summary>
    public static bool IsOne(ReadOnlySpan<byte> stored) => stored.StartsWith("$argon2id$"u8) || stored.StartsWith("$argon2i$"u8);

    /// <exception cref="PassdbException">There is no memory for it, or no libsodium.</exception>
    public static bool? Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret)
    {
        if (!IsOne(stored) || stored.Contains((byte)0) || !IsBearable(Encoding.ASCII.GetString(stored))) return null;
        byte[] text = [.. stored, 0];
        var code = Call(secret, (ref byte password, nuint length) => Verify(ref text[0], ref password, length));
        return code switch
        {
            0 => true,
            WrongPassword => false,
            NoMemory => throw new PassdbException("there is no memory to hash an Argon2 password with"),
            _ => null,
        };
    }

    /// <exception cref="PassdbException">There is no memory for it, or no libsodium.</exception>
    public static string Create(ReadOnlySpan<byte> secret)
    {
        var text = new byte[TextSize];
        var code = Call(secret, (ref byte password, nuint length) => Hash(ref text[0], ref password, length, Passes, 1024 * Memory, Argon2Id));
        return code == 0 ? Encoding.ASCII.GetString(text).TrimEnd('\0') : throw new PassdbException("there is no memory to hash an Argon2 password with");
    }

    /// <returns>0, or <c>errno</c>; -1 where there is none.</returns>
    private static int Call(ReadOnlySpan<byte> secret, Function function)
    {
        // One byte more, for there to be a first one.
        byte[] password = [.. secret, 0];
        try
        {
            Start();
            if (function(ref password[0], (nuint)secret.Length) == 0) return 0;
            return Marshal.GetLastPInvokeError() is var error and not 0 ? error : -1;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new PassdbException("{ARGON2ID} needs the library libsodium, which is neither beside the program nor on the system", exception);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(password);
        }
    }

    private static void Start()
    {
        lock (Gate)
        {
            if (!_isReady && Initialize() < 0) throw new PassdbException("libsodium cannot start");
            _isReady = true;
        }
    }

    private static bool IsBearable(string text)
    {
        if (text.Split('$') is not [_, _, _, var costs, _, _] || costs.Split(',') is not [var memory, var passes, var lanes]) return false;
        return IsUpTo(memory, "m=", MostMemory) && IsUpTo(passes, "t=", MostPasses) && IsUpTo(lanes, "p=", MostLanes);
    }

    private static bool IsUpTo(string part, string name, int most) =>
        part.StartsWith(name, StringComparison.Ordinal) && int.TryParse(part.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most;

    private delegate int Function(ref byte password, nuint length);

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "crypto_pwhash_str_verify", SetLastError = true)]
    private static partial int Verify(ref byte stored, ref byte password, ulong length);

    [LibraryImport(Library, EntryPoint = "crypto_pwhash_str_alg", SetLastError = true)]
    private static partial int Hash(ref byte output, ref byte password, ulong length, ulong passes, nuint memory, int algorithm);
}

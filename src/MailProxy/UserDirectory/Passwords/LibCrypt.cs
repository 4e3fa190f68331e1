using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace MailProxy.UserDirectory.Passwords;

/// <summary><c>{CRYPT}</c>, <c>{SHA512-CRYPT}</c> and all others that end in <c>-CRYPT</c>: the system's crypt(3), from libxcrypt.</summary>
internal static partial class LibCrypt
{
    public const string Library = "libcrypt";

    /// <summary><c>struct crypt_data</c>, which libxcrypt has promised not to change.</summary>
    private const int StateSize = 32768;

    private const int DesLength = 13;
    private const int ExtendedLength = 19;

    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary><c>CRYPT_GENSALT_OUTPUT_SIZE</c>.</summary>
    private const int SettingSize = 192;

    static LibCrypt() => SystemLibraries.Prepare(Library, "libcrypt.so.1", "libcrypt.so.2");

    public static bool? Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret)
    {
        // Locked, crypt(5): what no password makes.
        if (stored.IsEmpty || stored[0] is (byte)'!' or (byte)'*') return false;
        if (!IsPossible(stored) || Make(secret, stored) is not { } made) return null;
        // What has another length no password makes.
        return made.Length == 0 || made.Length == stored.Length ? CryptographicOperations.FixedTimeEquals(made, stored) : null;
    }

    /// <summary>Whether crypt(3) can have made it: <c>$id$…</c>, <c>_</c> and 19 characters (BSDi), or 13 (DES).</summary>
    public static bool IsPossible(ReadOnlySpan<byte> stored)
    {
        if (stored.Contains((byte)0)) return false;
        return stored is [(byte)'$', ..] || (stored is [(byte)'_', .. var rest] ? rest : stored) is { Length: ExtendedLength or DesLength } text && text.IndexOfAnyExcept(Alphabet) < 0;
    }

    /// <param name="secret">The password.</param>
    /// <param name="prefix"><c>$6$</c> or <c>$2y$</c>.</param>
    /// <param name="cost">Rounds, or their logarithm.</param>
    public static string Create(ReadOnlySpan<byte> secret, string prefix, uint cost)
    {
        Span<byte> setting = stackalloc byte[SettingSize];
        if (MakeSetting(prefix, cost, ref MemoryMarshal.GetReference(setting)) == 0 || Make(secret, setting[..setting.IndexOf((byte)0)]) is not { } made)
            throw new PassdbException("the password cannot be hashed by crypt(3): it is too long, or has a NUL");
        return Encoding.ASCII.GetString(made);
    }

    /// <returns>Null where crypt does not understand the setting. A password that it cannot take is hashed as one that nobody has.</returns>
    private static byte[]? Make(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> setting)
    {
        const int LongestPassword = 511;
        var isTaken = secret.Length <= LongestPassword && !secret.Contains((byte)0);
        byte[] phrase = isTaken ? [.. secret, 0] : [0];
        byte[] settingText = [.. setting, 0];
        // What comes back points into it, and is read after the call: the collector must not move it meanwhile.
        var state = GC.AllocateArray<byte>(StateSize, pinned: true);
        try
        {
            var made = Crypt(ref phrase[0], ref settingText[0], ref state[0], state.Length);
            if (made == 0) return null;
            var text = Encoding.ASCII.GetBytes(Marshal.PtrToStringUTF8(made)!);
            return isTaken ? text : [];
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new PassdbException("{SHA512-CRYPT}, {BLF-CRYPT} and their like need the library libcrypt.so.1 or libcrypt.so.2 (libxcrypt), which is not there", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(phrase);
            CryptographicOperations.ZeroMemory(state);
        }
    }

    private static nint MakeSetting(string prefix, uint cost, ref byte setting)
    {
        try
        {
            return GenerateSetting(prefix, cost, 0, 0, ref setting, SettingSize);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new PassdbException("{SHA512-CRYPT}, {BLF-CRYPT} and their like need the library libcrypt.so.1 or libcrypt.so.2 (libxcrypt), which is not there", exception);
        }
    }

    [LibraryImport(Library, EntryPoint = "crypt_rn")]
    private static partial nint Crypt(ref byte phrase, ref byte setting, ref byte state, int size);

    // Without random bytes given, it takes the system's.
    [LibraryImport(Library, EntryPoint = "crypt_gensalt_rn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GenerateSetting(string prefix, uint count, nint randomBytes, int randomSize, ref byte output, int outputSize);
}

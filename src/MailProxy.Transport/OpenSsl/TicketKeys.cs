using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>
/// The keys of session tickets (RFC 5077, RFC 8446 section 4.6.1): the first encrypts, all decrypt. Those of files stay as
/// they are; random ones are followed by new ones, and good for one more turn.
/// </summary>
internal sealed unsafe class TicketKeys
{
    private const int NameLength = 16;
    private const int Short = 48;
    private const int Long = 80;

    // Found once: OpenSSL 3 would look them up by name for every ticket.
    private static readonly nint Aes128 = LibCrypto.FetchCipher(0, "AES-128-CBC", 0);
    private static readonly nint Aes256 = LibCrypto.FetchCipher(0, "AES-256-CBC", 0);

    private readonly Lock _gate = new();
    private readonly TimeSpan? _turn;
    private readonly TimeProvider _time;
    private byte[][] _keys;
    private long _made;

    private TicketKeys(byte[][] keys, TimeSpan? turn, TimeProvider time) => (_keys, _turn, _time, _made) = (keys, turn, time, time.GetTimestamp());

    /// <summary>Random keys, new ones after each <paramref name="turn"/>: those of the context before, unless they were a file's or have another turn.</summary>
    public static TicketKeys Random(TimeSpan turn, TimeProvider time, TicketKeys? previous) =>
        previous is not null && previous._turn == turn ? previous : new([RandomNumberGenerator.GetBytes(Long)], turn, time);

    /// <summary><c>ssl_session_ticket_key</c>.</summary>
    /// <exception cref="TlsConfigurationException">A file cannot be read, or has another size.</exception>
    public static TicketKeys OfFiles(IReadOnlyList<string> files) => new([.. files.Select(ReadFile)], null, TimeProvider.System);

    /// <summary>OpenSSL's callback: finds or chooses a key, and keys the cipher and the MAC with it.</summary>
    /// <returns>1, or 2 where the ticket is to be renewed, or 0 where no key fits; negative on error.</returns>
    public int Key(nint ssl, byte* name, byte* iv, nint cipher, nint mac, bool encrypts)
    {
        var keys = Current();
        for (var i = 0; i < (encrypts ? 1 : keys.Length); i++)
        {
            var key = keys[i];
            var named = new Span<byte>(name, NameLength);
            if (encrypts)
            {
                key.AsSpan(0, NameLength).CopyTo(named);
                RandomNumberGenerator.Fill(new Span<byte>(iv, 16));
            }
            else if (!named.SequenceEqual(key.AsSpan(0, NameLength)))
            {
                continue;
            }

            if (!Use(key, iv, cipher, mac, encrypts)) return -1;
            // Clients use a ticket of TLS 1.3 only once (RFC 8446 appendix C.4).
            return !encrypts && (i > 0 || LibSsl.VersionNumber(ssl) == ContextSettings.Tls13) ? 2 : 1;
        }

        return 0;
    }

    private byte[][] Current()
    {
        if (_turn is not { } turn || _time.GetElapsedTime(Volatile.Read(ref _made)) < turn) return _keys;
        lock (_gate)
        {
            if (_time.GetElapsedTime(_made) < turn) return _keys;
            // Idle for two turns: nobody may come back with the old one.
            byte[][] old = _time.GetElapsedTime(_made) < 2 * turn ? [_keys[0]] : [];
            _keys = [RandomNumberGenerator.GetBytes(Long), .. old];
            Volatile.Write(ref _made, _time.GetTimestamp());
            return _keys;
        }
    }

    // nginx's layouts: name, AES-128 key, HMAC key of 16 bytes each; or name, HMAC key of 32, AES-256 key of 32.
    private static bool Use(byte[] key, byte* iv, nint cipher, nint mac, bool encrypts)
    {
        var (aesAt, macAt, macLength) = key.Length == Short ? (16, 32, 16) : (48, 16, 32);
        fixed (byte* start = key, keyName = "key\0"u8, digestName = "digest\0"u8, digest = "SHA256\0"u8)
        {
            var parameters = stackalloc OpenSslParameter[3];
            parameters[0] = new OpenSslParameter { Key = keyName, Type = 5, Data = start + macAt, Size = (nuint)macLength };        // OSSL_PARAM_OCTET_STRING
            parameters[1] = new OpenSslParameter { Key = digestName, Type = 4, Data = digest, Size = 6 };                           // OSSL_PARAM_UTF8_STRING
            parameters[2] = default;
            var algorithm = key.Length == Short ? Aes128 : Aes256;
            var begun = encrypts ? LibCrypto.BeginEncrypt(cipher, algorithm, 0, start + aesAt, iv) : LibCrypto.BeginDecrypt(cipher, algorithm, 0, start + aesAt, iv);
            return begun == 1 && LibCrypto.SetMacParameters(mac, parameters) == 1;
        }
    }

    private static byte[] ReadFile(string file)
    {
        try
        {
            var key = File.ReadAllBytes(file);
            return key.Length is Short or Long ? key : throw new TlsConfigurationException($"\"{file}\" must be 48 or 80 bytes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var errno = exception is FileNotFoundException or DirectoryNotFoundException ? Errno.NoEntry : 13;
            throw new TlsConfigurationException($"open() \"{file}\" failed ({errno}: {Marshal.GetPInvokeErrorMessage(errno)})", exception);
        }
    }
}

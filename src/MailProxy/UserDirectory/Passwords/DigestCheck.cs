using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using MailProxy.Authentication;

namespace MailProxy.UserDirectory.Passwords;

/// <summary>APOP and CRAM-MD5: what the client makes of the challenge and the password that both know.</summary>
[SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "Both mechanisms are MD5 (RFC 1939, RFC 2195).")]
internal static class DigestCheck
{
    public static bool IsGood(Credentials credentials, ReadOnlySpan<byte> password)
    {
        byte[] challenge = credentials.Salt ?? [];
        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        if (credentials.Method == AuthMethod.Apop) MD5.HashData([.. challenge, .. password], digest);
        else HMACMD5.HashData(password, challenge, digest);

        var said = Encoding.ASCII.GetString(credentials.Secret).ToLowerInvariant();
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(digest)), Encoding.ASCII.GetBytes(said));
    }
}

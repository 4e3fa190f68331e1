using System.Globalization;

namespace MailProxy.Wire.Sasl;

/// <summary>CRAM-MD5 (RFC 2195).</summary>
internal static class SaslCramMd5
{
    private const int DigestLength = 32;

    /// <summary>The challenge, also APOP's timestamp: <c>&lt;random.seconds@name&gt;</c>.</summary>
    public static string Challenge(uint random, long unixSeconds, string serverName) =>
        string.Create(CultureInfo.InvariantCulture, $"<{random}.{unixSeconds}@{serverName}>");

    /// <summary>Takes <c>login SP digest</c> apart at the first space. Whether the digest is hexadecimal is the auth server's to see.</summary>
    public static SaslError Decode(ReadOnlySpan<byte> base64, out byte[] login, out byte[] digest)
    {
        login = digest = [];
        if (!Base64Line.TryDecode(base64, out var message)) return SaslError.Base64;
        var space = message.AsSpan().IndexOf((byte)' ');
        if (space < 0 || message.Length - space - 1 != DigestLength) return SaslError.Hash;
        login = message[..space];
        digest = message[(space + 1)..];
        return SaslError.None;
    }
}

namespace MailProxy.Wire.Sasl;

/// <summary>PLAIN (RFC 4616).</summary>
internal static class SaslPlain
{
    /// <summary>Takes <c>authzid NUL login NUL password</c> apart. The authorization identity is ignored; login and password may be empty.</summary>
    public static SaslError Decode(ReadOnlySpan<byte> base64, out byte[] login, out byte[] password)
    {
        login = password = [];
        if (!Base64Line.TryDecode(base64, out var message)) return SaslError.Base64;
        var loginAt = message.AsSpan().IndexOf((byte)0) + 1;
        if (loginAt == 0) return SaslError.Login;
        var loginLength = message.AsSpan(loginAt).IndexOf((byte)0);
        if (loginLength < 0) return SaslError.Password;
        login = message[loginAt..(loginAt + loginLength)];
        password = message[(loginAt + loginLength + 1)..];
        return SaslError.None;
    }
}

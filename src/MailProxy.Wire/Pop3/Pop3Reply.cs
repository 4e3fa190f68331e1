namespace MailProxy.Wire.Pop3;

/// <summary>Replies of a POP3 upstream (RFC 1939, section 3).</summary>
public static class Pop3Reply
{
    /// <summary>Whether the reply is positive.</summary>
    public static bool IsOk(ReadOnlySpan<byte> reply) => reply.StartsWith("+OK"u8);
}

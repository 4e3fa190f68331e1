using System.Text;

namespace MailProxy.Wire.Pop3;

/// <summary>Replies of a POP3 upstream (RFC 1939, section 3).</summary>
internal static class Pop3Reply
{
    /// <summary>Whether the reply is positive.</summary>
    public static bool IsOk(ReadOnlySpan<byte> reply) => BeginsWith(reply, "+OK"u8);

    /// <summary>Whether the reply is negative.</summary>
    public static bool IsError(ReadOnlySpan<byte> reply) => BeginsWith(reply, "-ERR"u8);

    /// <summary>How long the reply to a command like CAPA is, which goes on to a line with a dot where it is positive; 0 where it is not all there.</summary>
    public static int MultiLineLength(ReadOnlySpan<byte> data)
    {
        var length = UpstreamReply.LineLength(data);
        if (length == 0 || !IsOk(data)) return length;
        while (UpstreamReply.LineLength(data[length..]) is var line and > 0)
        {
            var isLast = line == 3 && data[length] == '.';
            length += line;
            if (isLast) return length;
        }

        return 0;
    }

    /// <summary>Whether a negative reply is not about the login or the password (RFC 2449, RFC 3206).</summary>
    public static bool IsTemporary(ReadOnlySpan<byte> reply)
    {
        var code = UpstreamReply.ResponseCode(reply["-ERR".Length..]);
        return BeginsWith(code, "SYS/"u8) || Ascii.EqualsIgnoreCase(code, "IN-USE"u8) || Ascii.EqualsIgnoreCase(code, "LOGIN-DELAY"u8);
    }

    private static bool BeginsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) => text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);
}

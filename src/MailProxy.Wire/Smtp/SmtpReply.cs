namespace MailProxy.Wire.Smtp;

/// <summary>Replies of an SMTP upstream (RFC 5321, section 4.2).</summary>
public static class SmtpReply
{
    /// <summary>Whether all lines are there: the data ends in CR LF, and its last line has no <c>-</c> behind the code.</summary>
    public static bool IsComplete(ReadOnlySpan<byte> data)
    {
        if (!UpstreamReply.IsComplete(data)) return false;
        if (data[3] != '-') return true;
        var last = data[(data[..^2].LastIndexOf((byte)'\n') + 1)..];
        return last.Length > 4 && last[3] != '-';
    }

    /// <summary>The three digits of the first line; 0 where there are none.</summary>
    public static int Code(ReadOnlySpan<byte> reply)
    {
        if (reply.Length < 3) return 0;
        var code = 0;
        foreach (var digit in reply[..3])
        {
            if (!char.IsAsciiDigit((char)digit)) return 0;
            code = code * 10 + digit - '0';
        }

        return code;
    }
}

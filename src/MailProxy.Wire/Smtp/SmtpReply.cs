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

    /// <summary>How long the first reply is, so that what comes behind it is seen; 0 where it is not all there.</summary>
    public static int Length(ReadOnlySpan<byte> data)
    {
        var length = 0;
        while (UpstreamReply.LineLength(data[length..]) is var line and > 0)
        {
            var isLast = line < 6 || data[length + 3] != '-';
            length += line;
            if (isLast) return length;
        }

        return 0;
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

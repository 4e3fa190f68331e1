using System.Text;

namespace MailProxy.Wire.Smtp;

/// <summary>Replies of an SMTP upstream (RFC 5321, section 4.2).</summary>
internal static class SmtpReply
{
    /// <summary>How long the first reply is: up to the line without <c>-</c> behind the code, or the first that does not belong to the reply; 0 where it is not all there.</summary>
    public static int Length(ReadOnlySpan<byte> data)
    {
        var length = 0;
        while (UpstreamReply.LineLength(data[length..]) is var line and > 0)
        {
            var isLast = !IsLine(data.Slice(length, line), data) || data[length + 3] != '-';
            length += line;
            if (isLast) return length;
        }

        return 0;
    }

    /// <summary>The three digits that every line of the reply begins with; 0 where they do not.</summary>
    public static int Code(ReadOnlySpan<byte> reply)
    {
        if (reply.Length < 3) return 0;
        for (var rest = reply; UpstreamReply.LineLength(rest) is var line and > 0; rest = rest[line..])
        {
            if (!IsLine(rest[..line], reply)) return 0;
        }

        var code = 0;
        foreach (var digit in reply[..3])
        {
            if (!char.IsAsciiDigit((char)digit)) return 0;
            code = code * 10 + digit - '0';
        }

        return code;
    }

    /// <summary>Finds a line of a reply to EHLO by its keyword.</summary>
    /// <param name="ehloReply">The reply.</param>
    /// <param name="keyword">The extension, in any case of letters.</param>
    /// <param name="parameters">What follows the keyword.</param>
    public static bool TryFindExtension(ReadOnlySpan<byte> ehloReply, ReadOnlySpan<byte> keyword, out ReadOnlySpan<byte> parameters)
    {
        while (CommandLine.TryRead(ehloReply, out var line, out var consumed))
        {
            ehloReply = ehloReply[consumed..];
            if (line.Length < 4) continue;
            parameters = line[4..];
            if (Ascii.EqualsIgnoreCase(CommandLine.NextWord(ref parameters), keyword)) return true;
        }

        parameters = default;
        return false;
    }

    /// <summary>Whether a reply to EHLO lists this mechanism (RFC 4954), also behind the <c>AUTH=</c> of servers that are older than it.</summary>
    public static bool OffersAuth(ReadOnlySpan<byte> ehloReply, ReadOnlySpan<byte> mechanism)
    {
        while (CommandLine.TryRead(ehloReply, out var line, out var consumed))
        {
            ehloReply = ehloReply[consumed..];
            if (line.Length < 9 || !Ascii.EqualsIgnoreCase(line.Slice(4, 4), "AUTH"u8) || line[8] is not ((byte)' ' or (byte)'=')) continue;
            for (var words = line[9..]; CommandLine.NextWord(ref words) is { IsEmpty: false } word;)
            {
                if (Ascii.EqualsIgnoreCase(word, mechanism)) return true;
            }
        }

        return false;
    }

    private static bool IsLine(ReadOnlySpan<byte> line, ReadOnlySpan<byte> reply) =>
        line.Length >= 5 && line[..3].SequenceEqual(reply[..3]) && line[3] is (byte)'-' or (byte)' ' or (byte)'\r';
}

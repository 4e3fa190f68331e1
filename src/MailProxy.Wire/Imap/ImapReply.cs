using System.Buffers.Text;
using System.Text;

namespace MailProxy.Wire.Imap;

/// <summary>Replies of an IMAP upstream (RFC 9051, section 7).</summary>
internal static class ImapReply
{
    /// <summary>How long the first response is: a line, with the literals that an untagged one may hold; 0 where it is not all there.</summary>
    public static int ResponseLength(ReadOnlySpan<byte> data)
    {
        var length = 0;
        while (UpstreamReply.LineLength(data[length..]) is var line and > 0)
        {
            length += line;
            if (!MayHoldLiterals(data) || !EndsInLiteral(data[..(length - 2)], out var size)) return length;
            if (size > data.Length - length) return 0;
            length += (int)size;
        }

        return 0;
    }

    /// <summary>
    /// How long the answer to a command is: untagged responses, and the line that ends it: a tagged one, a <c>+</c>, or a
    /// BYE, behind which nothing comes. 0 where it is not all there.
    /// </summary>
    public static int AnswerLength(ReadOnlySpan<byte> data)
    {
        var length = 0;
        while (ResponseLength(data[length..]) is var response and > 0)
        {
            var isLast = !IsUntagged(data[length..]) || IsStatus(data[(length + 2)..], "BYE"u8);
            length += response;
            if (isLast) return length;
        }

        return 0;
    }

    /// <summary>Whether this is the greeting of a server that waits for a login; PREAUTH and BYE are none.</summary>
    public static bool IsGreeting(ReadOnlySpan<byte> reply) => IsUntagged(reply) && IsStatus(reply[2..], "OK"u8);

    /// <summary>Where the last line of an answer begins, which holds no literal.</summary>
    public static int LastLine(ReadOnlySpan<byte> answer) => answer[..^2].LastIndexOf((byte)'\n') + 1;

    /// <summary>What the last line of an answer says.</summary>
    /// <param name="answer">A whole answer.</param>
    /// <param name="tag">The command's tag, to the byte.</param>
    public static ImapAnswer Read(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> tag)
    {
        var last = answer[LastLine(answer)..];
        if (last is [(byte)'+', ..]) return ImapAnswer.Continue;
        if (IsUntagged(last)) return ImapAnswer.Bye;
        if (!last.StartsWith(tag) || last[tag.Length] != (byte)' ') return ImapAnswer.Invalid;
        var status = last[(tag.Length + 1)..];
        if (IsStatus(status, "OK"u8)) return ImapAnswer.Ok;
        if (IsStatus(status, "NO"u8)) return ImapAnswer.No;
        return IsStatus(status, "BAD"u8) ? ImapAnswer.Bad : ImapAnswer.Invalid;
    }

    /// <summary>The response code of a tagged NO.</summary>
    /// <param name="answer">A whole answer whose last line is that NO.</param>
    /// <param name="tag">The command's tag.</param>
    public static ImapRefusal ReadRefusal(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> tag)
    {
        var code = UpstreamReply.ResponseCode(answer[(LastLine(answer) + tag.Length + " NO".Length)..]);
        if (Ascii.EqualsIgnoreCase(code, "PRIVACYREQUIRED"u8)) return ImapRefusal.NeedsTls;
        foreach (var temporary in Temporary)
        {
            if (Ascii.EqualsIgnoreCase(code, temporary)) return ImapRefusal.Temporary;
        }

        return ImapRefusal.Login;
    }

    // RFC 5530, and RFC 9051's LIMIT: nothing of them is about the login or the password.
    private static readonly byte[][] Temporary = [[.. "UNAVAILABLE"u8], [.. "SERVERBUG"u8], [.. "INUSE"u8], [.. "LIMIT"u8], [.. "CORRUPTION"u8]];

    internal static bool IsUntagged(ReadOnlySpan<byte> response) => response.StartsWith("* "u8);

    /// <summary>Whether a response goes on with this word, in any case of letters.</summary>
    internal static bool IsStatus(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> word) =>
        rest.Length > word.Length && Ascii.EqualsIgnoreCase(rest[..word.Length], word) && !char.IsAsciiLetterOrDigit((char)rest[word.Length]);

    /// <summary>Data may; the text of a status response is any text, also one that ends in <c>{3}</c>.</summary>
    private static bool MayHoldLiterals(ReadOnlySpan<byte> response)
    {
        if (!IsUntagged(response)) return false;
        var rest = response[2..];
        return !(IsStatus(rest, "OK"u8) || IsStatus(rest, "NO"u8) || IsStatus(rest, "BAD"u8) || IsStatus(rest, "BYE"u8) || IsStatus(rest, "PREAUTH"u8));
    }

    private static bool EndsInLiteral(ReadOnlySpan<byte> line, out long size)
    {
        size = 0;
        if (line is not [.., (byte)'}']) return false;
        var digits = line[(line.LastIndexOf((byte)'{') + 1)..^1];
        if (digits.Length == line.Length - 1) return false;
        if (digits is [.., (byte)'+']) digits = digits[..^1];
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') && (Utf8Parser.TryParse(digits, out size, out _) || (size = long.MaxValue) > 0);
    }
}

/// <summary>What ends the answer to a command.</summary>
internal enum ImapAnswer
{
    /// <summary>The command's OK.</summary>
    Ok,

    /// <summary>The command's NO.</summary>
    No,

    /// <summary>The command's BAD.</summary>
    Bad,

    /// <summary>The upstream waits for a literal.</summary>
    Continue,

    /// <summary>The upstream says goodbye.</summary>
    Bye,

    /// <summary>Anything else, for example another tag.</summary>
    Invalid,
}

/// <summary>What a NO to LOGIN is about.</summary>
internal enum ImapRefusal
{
    /// <summary>The login or the password, or the server does not say.</summary>
    Login,

    /// <summary>The server, which cannot log in anybody or this user now.</summary>
    Temporary,

    /// <summary>The connection, which ought to be TLS.</summary>
    NeedsTls,
}

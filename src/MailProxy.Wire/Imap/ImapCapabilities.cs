using System.Text;

namespace MailProxy.Wire.Imap;

/// <summary>The list of capabilities in responses of an upstream (RFC 9051, sections 7.1 and 7.2.2).</summary>
internal static class ImapCapabilities
{
    /// <summary>Finds the first list: a <c>* CAPABILITY</c>, or the code <c>[CAPABILITY …]</c> that a status text begins with.</summary>
    /// <param name="responses">Whole responses: a greeting, or an answer.</param>
    /// <param name="words">The words with spaces between.</param>
    public static bool TryFind(ReadOnlySpan<byte> responses, out ReadOnlySpan<byte> words)
    {
        words = default;
        while (ImapReply.ResponseLength(responses) is var length and > 0)
        {
            if (TryRead(responses[..(length - 2)], out words)) return true;
            responses = responses[length..];
        }

        return false;
    }

    /// <summary>Whether a list has this word, in any case of letters.</summary>
    public static bool Contains(ReadOnlySpan<byte> words, ReadOnlySpan<byte> word)
    {
        while (CommandLine.NextWord(ref words) is { IsEmpty: false } next)
        {
            if (Ascii.EqualsIgnoreCase(next, word)) return true;
        }

        return false;
    }

    private static bool TryRead(ReadOnlySpan<byte> response, out ReadOnlySpan<byte> words)
    {
        words = default;
        var isUntagged = CommandLine.NextWord(ref response) is [(byte)'*'];
        var status = CommandLine.NextWord(ref response);
        if (isUntagged && Ascii.EqualsIgnoreCase(status, "CAPABILITY"u8))
        {
            words = response;
            return true;
        }

        if (!Ascii.EqualsIgnoreCase(UpstreamReply.ResponseCode(response), "CAPABILITY"u8)) return false;
        var code = response[(response.IndexOf((byte)'[') + 1 + "CAPABILITY".Length)..];
        var end = code.IndexOf((byte)']');
        if (end >= 0) words = code[..end];
        return end >= 0;
    }
}

using System.Buffers;
using System.Text;
using MailProxy.Wire.Sasl;

namespace MailProxy.Wire.Imap;

/// <summary>IMAP commands: a tag, a verb and at most three arguments, which literals may stretch over several lines.</summary>
internal static class ImapCommandParser
{
    private const int MaxTag = 32;

    /// <summary>ASTRING-CHAR of RFC 9051 without the plus sign.</summary>
    private static readonly SearchValues<byte> TagBytes =
        SearchValues.Create("!#$&',-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz|}~"u8);

    /// <summary>Reads the first command of the input.</summary>
    /// <param name="input">The unread bytes, from the beginning of the command on.</param>
    /// <param name="limit">The most bytes that a command may take; an AUTHENTICATE may take <see cref="SaslResponse.CommandLimit"/> in any case. A literal that does not fit is refused.</param>
    /// <param name="knowsId">Whether ID is a command (<c>imap_id</c>).</param>
    /// <param name="command">The command, or what could be read of it.</param>
    public static ParseStatus Parse(ReadOnlySpan<byte> input, int limit, bool knowsId, out ImapCommand command)
    {
        var verb = ImapVerb.Unknown;
        var position = 0;
        var status = ReadTag(input, ref position, out var tag);
        if (status == ParseStatus.Complete) status = ReadVerb(input, knowsId, ref position, out verb);
        var arguments = new ImapArguments(input, verb == ImapVerb.Authenticate ? Math.Max(limit, SaslResponse.CommandLimit) : limit);
        if (status == ParseStatus.Complete) status = verb == ImapVerb.Id ? arguments.ReadId(ref position) : arguments.Read(ref position);

        long? literal = null;
        if (status == ParseStatus.Invalid) status = SkipLine(input, ref position, out literal);
        command = new ImapCommand(tag, verb, arguments, status == ParseStatus.Incomplete ? 0 : position, literal);
        return status;
    }

    private static ParseStatus ReadTag(ReadOnlySpan<byte> input, scoped ref int position, out ReadOnlySpan<byte> tag)
    {
        tag = default;
        var length = input.IndexOfAnyExcept(TagBytes);
        if (length < 0 && input.Length <= MaxTag) return ParseStatus.Incomplete;
        if (length is <= 0 or > MaxTag || input[length] != ' ') return ParseStatus.Invalid;
        tag = input[..length];
        position = length;
        return ParseStatus.Complete;
    }

    private static ParseStatus ReadVerb(ReadOnlySpan<byte> input, bool knowsId, ref int position, out ImapVerb verb)
    {
        verb = ImapVerb.Unknown;
        var rest = input[position..].TrimStart((byte)' ');
        position = input.Length - rest.Length;
        var length = rest.IndexOfAny(" \r\n"u8);
        if (length < 0) return ParseStatus.Incomplete;
        verb = VerbOf(rest[..length]);
        if (verb == ImapVerb.Id && !knowsId) verb = ImapVerb.Unknown;
        if (verb == ImapVerb.Unknown) return ParseStatus.Invalid;
        position += length;
        return ParseStatus.Complete;
    }

    private static ImapVerb VerbOf(ReadOnlySpan<byte> word)
    {
        if (Ascii.EqualsIgnoreCase(word, "CAPABILITY"u8)) return ImapVerb.Capability;
        if (Ascii.EqualsIgnoreCase(word, "NOOP"u8)) return ImapVerb.Noop;
        if (Ascii.EqualsIgnoreCase(word, "LOGOUT"u8)) return ImapVerb.Logout;
        if (Ascii.EqualsIgnoreCase(word, "STARTTLS"u8)) return ImapVerb.StartTls;
        if (Ascii.EqualsIgnoreCase(word, "LOGIN"u8)) return ImapVerb.Login;
        if (Ascii.EqualsIgnoreCase(word, "AUTHENTICATE"u8)) return ImapVerb.Authenticate;
        return Ascii.EqualsIgnoreCase(word, "ID"u8) ? ImapVerb.Id : ImapVerb.Unknown;
    }

    /// <summary>The rest of a line that breaks the grammar is not looked at, but for the literal that it may end in.</summary>
    private static ParseStatus SkipLine(ReadOnlySpan<byte> input, ref int position, out long? literal)
    {
        literal = null;
        if (!CommandLine.TryRead(input[position..], out _, out var consumed)) return ParseStatus.Incomplete;
        position += consumed;
        literal = ImapLiteral.AtEndOf(input[..position].TrimEnd("\r\n"u8));
        return ParseStatus.Invalid;
    }
}

using System.Buffers;
using System.Text;

namespace MailProxy.Wire.Imap;

/// <summary>IMAP commands: a tag, a verb and at most three arguments, which literals may stretch over several lines.</summary>
public static class ImapCommandParser
{
    private const int MaxTag = 32;

    private static readonly SearchValues<byte> TagBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"u8);

    /// <summary>Reads the first command of the input.</summary>
    /// <param name="input">The unread bytes, from the beginning of the command on.</param>
    /// <param name="command">The command, or what could be read of it.</param>
    public static ParseStatus Parse(ReadOnlySpan<byte> input, out ImapCommand command)
    {
        var arguments = new ImapArguments(input);
        var verb = ImapVerb.Unknown;
        var position = 0;
        var status = ReadTag(input, ref position, out var tag);
        if (status == ParseStatus.Complete) status = ReadVerb(input, ref position, out verb);
        if (status == ParseStatus.Complete) status = arguments.Read(ref position);

        var literalFollows = false;
        if (status == ParseStatus.Invalid) status = SkipLine(input, ref position, out literalFollows);
        command = new ImapCommand(tag, verb, arguments, status == ParseStatus.Incomplete ? 0 : position, literalFollows);
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

    private static ParseStatus ReadVerb(ReadOnlySpan<byte> input, ref int position, out ImapVerb verb)
    {
        verb = ImapVerb.Unknown;
        var rest = input[position..].TrimStart((byte)' ');
        position = input.Length - rest.Length;
        var length = rest.IndexOfAny(" \r\n"u8);
        if (length < 0) return ParseStatus.Incomplete;
        verb = VerbOf(rest[..length]);
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
        return ImapVerb.Unknown;
    }

    /// <summary>The rest of a line that breaks the grammar is not looked at, but for the literal that it may end in.</summary>
    private static ParseStatus SkipLine(ReadOnlySpan<byte> input, ref int position, out bool literalFollows)
    {
        literalFollows = false;
        var length = input[position..].IndexOf((byte)'\n') + 1;
        if (length == 0) return ParseStatus.Incomplete;
        position += length;
        var line = input[..(position - 1)];
        literalFollows = line.EndsWith("+}"u8) || line.EndsWith("+}\r"u8);
        return ParseStatus.Invalid;
    }
}

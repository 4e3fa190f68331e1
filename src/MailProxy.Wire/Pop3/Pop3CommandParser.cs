using System.Text;

namespace MailProxy.Wire.Pop3;

/// <summary>POP3 command lines: a verb of four letters and at most three arguments.</summary>
internal static class Pop3CommandParser
{
    private const int MaxArguments = 3;

    /// <summary>Reads the first command of the input.</summary>
    /// <param name="input">The unread bytes.</param>
    /// <param name="command">The command; of an invalid one, only how long its line is, of an incomplete one its verb once that is whole.</param>
    public static ParseStatus Parse(ReadOnlySpan<byte> input, out Pop3Command command)
    {
        if (!CommandLine.TryRead(input, out var line, out var consumed))
        {
            command = new Pop3Command(VerbOf(CommandLine.FirstWord(input, out _)), default, 0);
            return ParseStatus.Incomplete;
        }

        command = new Pop3Command(Pop3Verb.Unknown, default, consumed);
        var verb = VerbOf(CommandLine.FirstWord(line, out var rest));
        if (verb == Pop3Verb.Unknown || line.Contains((byte)'\r')) return ParseStatus.Invalid;
        var arguments = new CommandWords(rest, isOneArgument: verb is Pop3Verb.User or Pop3Verb.Pass);
        if (arguments.Count > MaxArguments) return ParseStatus.Invalid;

        command = new Pop3Command(verb, arguments, consumed);
        return ParseStatus.Complete;
    }

    private static Pop3Verb VerbOf(ReadOnlySpan<byte> word)
    {
        if (Ascii.EqualsIgnoreCase(word, "USER"u8)) return Pop3Verb.User;
        if (Ascii.EqualsIgnoreCase(word, "PASS"u8)) return Pop3Verb.Pass;
        if (Ascii.EqualsIgnoreCase(word, "APOP"u8)) return Pop3Verb.Apop;
        if (Ascii.EqualsIgnoreCase(word, "AUTH"u8)) return Pop3Verb.Auth;
        if (Ascii.EqualsIgnoreCase(word, "CAPA"u8)) return Pop3Verb.Capa;
        if (Ascii.EqualsIgnoreCase(word, "STLS"u8)) return Pop3Verb.Stls;
        if (Ascii.EqualsIgnoreCase(word, "NOOP"u8)) return Pop3Verb.Noop;
        return Ascii.EqualsIgnoreCase(word, "QUIT"u8) ? Pop3Verb.Quit : Pop3Verb.Unknown;
    }
}

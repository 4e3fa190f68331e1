using System.Text;

namespace MailProxy.Wire.Smtp;

/// <summary>SMTP command lines: a verb and at most eleven arguments.</summary>
internal static class SmtpCommandParser
{
    private const int MaxArguments = 11;

    /// <summary>Reads the first command of the input.</summary>
    /// <param name="input">The unread bytes.</param>
    /// <param name="command">The command; of an invalid one, only how long its line is, of an incomplete one its verb once that is whole.</param>
    public static ParseStatus Parse(ReadOnlySpan<byte> input, out SmtpCommand command)
    {
        if (!CommandLine.TryRead(input, out var line, out var consumed))
        {
            command = new SmtpCommand(VerbOf(CommandLine.FirstWord(input, out _)), default, default, 0);
            return ParseStatus.Incomplete;
        }

        command = new SmtpCommand(SmtpVerb.Unknown, default, default, consumed);
        var verb = VerbOf(CommandLine.FirstWord(line, out var rest));
        if (verb == SmtpVerb.Unknown || line.Contains((byte)'\r')) return ParseStatus.Invalid;
        var arguments = new CommandWords(rest, isOneArgument: false);
        if (arguments.Count > MaxArguments) return ParseStatus.Invalid;

        command = new SmtpCommand(verb, line.TrimEnd((byte)' '), arguments, consumed);
        return ParseStatus.Complete;
    }

    private static SmtpVerb VerbOf(ReadOnlySpan<byte> word)
    {
        if (Ascii.EqualsIgnoreCase(word, "HELO"u8)) return SmtpVerb.Helo;
        if (Ascii.EqualsIgnoreCase(word, "EHLO"u8)) return SmtpVerb.Ehlo;
        if (Ascii.EqualsIgnoreCase(word, "AUTH"u8)) return SmtpVerb.Auth;
        if (Ascii.EqualsIgnoreCase(word, "STARTTLS"u8)) return SmtpVerb.StartTls;
        if (Ascii.EqualsIgnoreCase(word, "MAIL"u8)) return SmtpVerb.Mail;
        if (Ascii.EqualsIgnoreCase(word, "RCPT"u8)) return SmtpVerb.Rcpt;
        if (Ascii.EqualsIgnoreCase(word, "RSET"u8)) return SmtpVerb.Rset;
        if (Ascii.EqualsIgnoreCase(word, "NOOP"u8)) return SmtpVerb.Noop;
        if (Ascii.EqualsIgnoreCase(word, "QUIT"u8)) return SmtpVerb.Quit;
        if (Ascii.EqualsIgnoreCase(word, "VRFY"u8)) return SmtpVerb.Vrfy;
        if (Ascii.EqualsIgnoreCase(word, "EXPN"u8)) return SmtpVerb.Expn;
        if (Ascii.EqualsIgnoreCase(word, "HELP"u8)) return SmtpVerb.Help;
        return SmtpVerb.Unknown;
    }
}

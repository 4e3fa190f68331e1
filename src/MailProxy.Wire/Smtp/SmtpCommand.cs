namespace MailProxy.Wire.Smtp;

/// <summary>The commands that a client may give before its mail goes to the upstream.</summary>
internal enum SmtpVerb
{
    /// <summary>None that is known.</summary>
    Unknown,

    /// <summary>RFC 5321.</summary>
    Helo,

    /// <summary>RFC 5321.</summary>
    Ehlo,

    /// <summary>RFC 4954.</summary>
    Auth,

    /// <summary>RFC 3207.</summary>
    StartTls,

    /// <summary>RFC 5321.</summary>
    Mail,

    /// <summary>RFC 5321.</summary>
    Rcpt,

    /// <summary>RFC 5321.</summary>
    Rset,

    /// <summary>RFC 5321.</summary>
    Noop,

    /// <summary>RFC 5321.</summary>
    Quit,

    /// <summary>RFC 5321.</summary>
    Vrfy,

    /// <summary>RFC 5321.</summary>
    Expn,

    /// <summary>RFC 5321.</summary>
    Help,
}

/// <summary>One command, still in the connection's own buffer; valid until the reader advances.</summary>
internal readonly ref struct SmtpCommand
{
    private readonly CommandWords _arguments;

    internal SmtpCommand(SmtpVerb verb, ReadOnlySpan<byte> text, CommandWords arguments, int consumed)
    {
        Verb = verb;
        Text = text;
        _arguments = arguments;
        Consumed = consumed;
    }

    /// <summary>Which command it is.</summary>
    public SmtpVerb Verb { get; }

    /// <summary>The line as sent, from the verb to the last argument.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>How many arguments it has, eleven at most.</summary>
    public int ArgumentCount => _arguments.Count;

    /// <summary>How much of the input the line takes with its end; 0 while it is incomplete.</summary>
    public int Consumed { get; }

    /// <summary>An argument.</summary>
    public ReadOnlySpan<byte> Argument(int index) => _arguments[index];
}

namespace MailProxy.Wire.Imap;

/// <summary>The commands that a client may give before it is logged in.</summary>
public enum ImapVerb
{
    /// <summary>None that is known.</summary>
    Unknown,

    /// <summary>RFC 9051.</summary>
    Capability,

    /// <summary>RFC 9051.</summary>
    Noop,

    /// <summary>RFC 9051.</summary>
    Logout,

    /// <summary>RFC 9051.</summary>
    StartTls,

    /// <summary>RFC 9051.</summary>
    Login,

    /// <summary>RFC 9051.</summary>
    Authenticate,
}

/// <summary>
/// One command, or what there is of it, still in the connection's own buffer; valid until the reader advances. Of an
/// incomplete or invalid one only tag, literals and length mean anything.
/// </summary>
public readonly ref struct ImapCommand
{
    private readonly ImapArguments _arguments;

    internal ImapCommand(ReadOnlySpan<byte> tag, ImapVerb verb, ImapArguments arguments, int consumed, bool literalFollows)
    {
        Tag = tag;
        Verb = verb;
        _arguments = arguments;
        Consumed = consumed;
        LiteralFollows = literalFollows;
    }

    /// <summary>The tag; empty where none was found.</summary>
    public ReadOnlySpan<byte> Tag { get; }

    /// <summary>Which command it is.</summary>
    public ImapVerb Verb { get; }

    /// <summary>How many arguments it has, three at most.</summary>
    public int ArgumentCount => _arguments.Count;

    /// <summary>How many literals the client sends only after it is told to.</summary>
    public int Literals => _arguments.Literals;

    /// <summary>How much of the input the command takes with its end; 0 while it is incomplete.</summary>
    public int Consumed { get; }

    /// <summary>Whether an invalid line announces a literal that the client sends without being told to: what comes next is no command.</summary>
    public bool LiteralFollows { get; }

    /// <summary>An argument.</summary>
    public WireArgument Argument(int index) => _arguments[index];
}

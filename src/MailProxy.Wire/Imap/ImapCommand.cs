namespace MailProxy.Wire.Imap;

/// <summary>The commands that a client may give before it is logged in.</summary>
internal enum ImapVerb
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

    /// <summary>RFC 2971.</summary>
    Id,
}

/// <summary>
/// One command, or what there is of it, still in the connection's own buffer; valid until the reader advances. Of an
/// incomplete or invalid one only tag, literals and length mean anything.
/// </summary>
internal readonly ref struct ImapCommand
{
    private readonly ImapArguments _arguments;

    internal ImapCommand(ReadOnlySpan<byte> tag, ImapVerb verb, ImapArguments arguments, int consumed, long? unaskedLiteral)
    {
        Tag = tag;
        Verb = verb;
        _arguments = arguments;
        Consumed = consumed;
        UnaskedLiteral = unaskedLiteral;
    }

    /// <summary>The tag; empty where none was found.</summary>
    public ReadOnlySpan<byte> Tag { get; }

    /// <summary>Which command it is.</summary>
    public ImapVerb Verb { get; }

    /// <summary>How many arguments it has, three at most; of ID, none.</summary>
    public int ArgumentCount => _arguments.Count;

    /// <summary>How many literals the client sends only after it is told to; one that is too large, or stands in an invalid line, gets no go-ahead.</summary>
    public int Literals => _arguments.Literals;

    /// <summary>How much of the input the command takes with its end; 0 while it is incomplete.</summary>
    public int Consumed { get; }

    /// <summary>The length of the literal that an invalid line announces and that comes unasked: more of the command follows it. Null where the command ends with the line.</summary>
    public long? UnaskedLiteral { get; }

    /// <summary>An argument.</summary>
    public WireArgument Argument(int index) => _arguments[index];
}

namespace MailProxy.Wire.Pop3;

/// <summary>The commands that a client may give before it is logged in.</summary>
internal enum Pop3Verb
{
    /// <summary>None that is known.</summary>
    Unknown,

    /// <summary>RFC 1939.</summary>
    User,

    /// <summary>RFC 1939.</summary>
    Pass,

    /// <summary>RFC 1939.</summary>
    Apop,

    /// <summary>RFC 5034.</summary>
    Auth,

    /// <summary>RFC 2449.</summary>
    Capa,

    /// <summary>RFC 2595.</summary>
    Stls,

    /// <summary>RFC 1939.</summary>
    Noop,

    /// <summary>RFC 1939.</summary>
    Quit,
}

/// <summary>One command, still in the connection's own buffer; valid until the reader advances.</summary>
internal readonly ref struct Pop3Command
{
    private readonly CommandWords _arguments;

    internal Pop3Command(Pop3Verb verb, CommandWords arguments, int consumed)
    {
        Verb = verb;
        _arguments = arguments;
        Consumed = consumed;
    }

    /// <summary>Which command it is.</summary>
    public Pop3Verb Verb { get; }

    /// <summary>How many arguments it has, three at most.</summary>
    public int ArgumentCount => _arguments.Count;

    /// <summary>How much of the input the line takes with its end; 0 while it is incomplete.</summary>
    public int Consumed { get; }

    /// <summary>An argument; that of USER and PASS is the rest of the line.</summary>
    public ReadOnlySpan<byte> Argument(int index) => _arguments[index];
}

namespace MailProxy.Wire.ProxyProtocol;

/// <summary>What <see cref="ProxyHeaderCodec.Read"/> found at the beginning of a connection.</summary>
internal readonly record struct ProxyHeaderResult
{
    /// <summary>Whether a header is there.</summary>
    public required ParseStatus Status { get; init; }

    /// <summary>The length of a complete header; 0 otherwise.</summary>
    public int Consumed { get; init; }

    /// <summary>Its addresses; null where a complete header carries none (UNKNOWN, LOCAL, a family or transport of another kind).</summary>
    public ProxyHeader? Header { get; init; }

    /// <summary>What is wrong with an invalid header.</summary>
    public ProxyHeaderError Error { get; init; }

    /// <summary>With <see cref="ProxyHeaderError.UnknownVersion"/>: the version.</summary>
    public int Version { get; init; }
}

/// <summary>Why a header is refused.</summary>
internal enum ProxyHeaderError
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>It breaks the grammar, or there is none.</summary>
    Broken,

    /// <summary>The signature of the binary form with a version other than 2.</summary>
    UnknownVersion,

    /// <summary>It says that it is longer than any header may be.</summary>
    TooLarge,
}

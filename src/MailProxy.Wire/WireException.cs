namespace MailProxy.Wire;

/// <summary>Why bytes could not be understood or must not be sent. Values are metric labels: do not rename.</summary>
internal enum WireError
{
    /// <summary>A CR, LF or NUL in a value that goes into a protocol line.</summary>
    ForbiddenByte,
}

/// <summary>The grammar would be broken. Carries no peer bytes, so it is always safe to log.</summary>
/// <param name="error">What is wrong.</param>
internal sealed class WireException(WireError error) : Exception($"Protocol violation: {error}.")
{
    /// <summary>What is wrong.</summary>
    public WireError Error { get; } = error;
}

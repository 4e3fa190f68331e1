namespace MailProxy.Wire;

/// <summary>What a parser found at the beginning of its input.</summary>
internal enum ParseStatus
{
    /// <summary>Not yet a whole command: ask again with more bytes.</summary>
    Incomplete,

    /// <summary>A whole command.</summary>
    Complete,

    /// <summary>A line that breaks the grammar, whole up to its line feed.</summary>
    Invalid,
}

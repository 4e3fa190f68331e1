namespace MailProxy.Configuration.Syntax;

/// <summary>One directive of a file: its words, and what stands in its block.</summary>
/// <param name="Words">The name and its arguments.</param>
/// <param name="Children">The directives of its block; null when it ends with <c>;</c>.</param>
/// <param name="Where"><c>FILE:LINE</c> of the <c>;</c> or <c>{</c> that ends the words, or <c>command line</c>.</param>
/// <param name="IsText">Whether every word is valid UTF-8.</param>
internal sealed record ConfNode(IReadOnlyList<string> Words, IReadOnlyList<ConfNode>? Children, string Where, bool IsText)
{
    /// <summary>Set where the file cannot be read any further: nginx's text for it. Such a node is the last of its file and has no words.</summary>
    public string? Error { get; init; }

    public string Name => Words[0];

    public IReadOnlyList<string> Arguments { get; } = Words.Count > 1 ? [.. Words.Skip(1)] : [];

    public static ConfNode Broken(string error, string where) => new([], null, where, true) { Error = error };
}

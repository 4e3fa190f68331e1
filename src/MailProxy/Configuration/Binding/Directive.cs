namespace MailProxy.Configuration.Binding;

/// <summary>A row of <see cref="DirectiveTable"/>.</summary>
/// <param name="Attribute">Name, grammar and contexts.</param>
/// <param name="Option">The option that it sets; null for blocks, and for what is checked but has no effect here.</param>
internal sealed record Directive(DirectiveAttribute Attribute, OptionProperty? Option)
{
    public string Name => Attribute.Name;

    public ValueGrammar Grammar => Attribute.Grammar;

    /// <summary>Whether it stands in <c>mail { }</c> and yet is the whole configuration's, not each server's.</summary>
    public bool IsGlobal { get; init; }

    public bool IsBlock => Grammar is BlockGrammar;

    /// <summary>Whether one level may have it twice.</summary>
    public bool IsRepeatable => Attribute.IsRepeatable || (Option is { IsList: true } && !Grammar.ReplacesList);

    public bool AcceptsArguments(int count) => count >= Grammar.Arguments.Least && count <= Grammar.Arguments.Most;
}

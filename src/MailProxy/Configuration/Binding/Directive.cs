using MailProxy.Configuration.Grammar;

namespace MailProxy.Configuration.Binding;

/// <summary>A row of <see cref="DirectiveTable"/>.</summary>
/// <param name="Attribute">Name, kind and contexts.</param>
/// <param name="Option">The option that it sets; null for blocks, and for what is checked but has no effect here.</param>
internal sealed record Directive(DirectiveAttribute Attribute, OptionProperty? Option)
{
    /// <summary>The number of arguments, where the kind does not tell.</summary>
    public (int Least, int Most)? Arguments { get; init; }

    public string Name => Attribute.Name;

    /// <summary>Whether it stands in <c>mail { }</c> and yet is the whole configuration's, not each server's.</summary>
    public bool IsGlobal => Option is not null && OptionSchema.Main.GetValueOrDefault(Option.Path) == Option;

    public DirectiveKind Kind => Attribute.Kind;

    public bool IsBlock => Kind is DirectiveKind.Block or DirectiveKind.SkippedBlock;

    /// <summary>Whether one level may have it twice.</summary>
    public bool IsRepeatable => Attribute.IsRepeatable || (Option is { IsList: true } && Kind != DirectiveKind.Resolver);

    public bool AcceptsArguments(int count)
    {
        var (least, most) = Arguments ?? Kind switch
        {
            DirectiveKind.Block or DirectiveKind.SkippedBlock => (0, 0),
            DirectiveKind.Words or DirectiveKind.Choices or DirectiveKind.ErrorLog or DirectiveKind.Listen or DirectiveKind.UpstreamServer or DirectiveKind.Resolver
                or DirectiveKind.Passdb or DirectiveKind.AccessLog => (1, int.MaxValue),
            DirectiveKind.LogFormat => (2, int.MaxValue),
            DirectiveKind.NameValue => (2, 2),
            DirectiveKind.User or DirectiveKind.ProxyBind or DirectiveKind.SessionCache or DirectiveKind.Zone => (1, 2),
            DirectiveKind.Hash => (1, 3),
            DirectiveKind.LeastConn => (0, 0),
            DirectiveKind.Random => (0, 2),
            DirectiveKind.HealthCheck => (0, int.MaxValue),
            _ => (1, 1),
        };
        return count >= least && count <= most;
    }
}

namespace MailProxy.Configuration.Binding;

/// <summary>
/// Makes an option a directive of the configuration file. It is all that a directive needs: <see cref="DirectiveTable"/>
/// finds it, both syntaxes accept it, and README's table is held against it.
/// </summary>
/// <param name="name">The directive's name.</param>
/// <param name="contexts">The blocks in which it may stand.</param>
internal abstract class DirectiveAttribute(string name, DirectiveContexts contexts) : ValueAttribute(name)
{
    public DirectiveContexts Contexts => contexts;

    /// <summary>What nginx says is to be used in its place; null where it is not deprecated.</summary>
    public string? Replacement { get; init; }

    /// <summary>Whether a second one on the same level is allowed: of a scalar, the last wins. Lists need not say so.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>How README shows the arguments, where the grammar does not tell.</summary>
    public string? Syntax { get; init; }

    /// <summary>How README shows the default, where the option's own value does not tell.</summary>
    public string? Default { get; init; }
}

/// <inheritdoc/>
/// <typeparam name="TGrammar">What the arguments are.</typeparam>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
internal sealed class DirectiveAttribute<TGrammar>(string name, DirectiveContexts contexts = DirectiveContexts.Mail | DirectiveContexts.Server) : DirectiveAttribute(name, contexts)
    where TGrammar : ValueGrammar, new()
{
    public override ValueGrammar Grammar { get; } = new TGrammar();
}

/// <summary>The blocks of a configuration file.</summary>
[Flags]
internal enum DirectiveContexts
{
    None = 0,
    Main = 1,
    Events = 2,
    Mail = 4,
    Server = 8,
    Upstream = 16,
    MailAndBelow = Mail | Server | Upstream,
    All = Main | Events | MailAndBelow,
}

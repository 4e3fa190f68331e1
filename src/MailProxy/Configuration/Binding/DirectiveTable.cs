using System.Collections.Frozen;

namespace MailProxy.Configuration.Binding;

/// <summary>Every directive that the configuration file may have, found on the properties of the options.</summary>
/// <param name="schema">The options.</param>
/// <param name="withoutEffect">What is checked, so that a typing error is found, and otherwise of no effect.</param>
internal sealed class DirectiveTable(OptionSchema schema, IEnumerable<DirectiveAttribute> withoutEffect)
{
    private readonly FrozenDictionary<string, Directive[]> _byName =
        Options(schema).Concat(Blocks()).Concat(withoutEffect.Select(attribute => new Directive(attribute, null))).GroupBy(directive => directive.Name).ToFrozenDictionary(rows => rows.Key, rows => rows.ToArray());

    /// <summary>All rows, by name.</summary>
    public IEnumerable<Directive> All => _byName.Values.SelectMany(rows => rows).OrderBy(directive => directive.Name, StringComparer.Ordinal);

    /// <summary>The rows of a name: one for each option that it can set, depending on the context.</summary>
    public IReadOnlyList<Directive> Find(string name) => _byName.GetValueOrDefault(name, []);

    private static IEnumerable<Directive> Options(OptionSchema schema) =>
        from option in schema.Main.Values.Concat(schema.Server.Values).Concat(schema.Upstream.Values.Where(option => !schema.Server.ContainsKey(option.Path)))
        from attribute in option.Directives
        select new Directive(attribute, option) { IsGlobal = schema.Main.GetValueOrDefault(option.Path) == option };

    private static IEnumerable<Directive> Blocks() =>
    [
        new(new DirectiveAttribute<BlockGrammar>("events", DirectiveContexts.Main), null),
        new(new DirectiveAttribute<BlockGrammar>("mail", DirectiveContexts.Main), null),
        new(new DirectiveAttribute<BlockGrammar>("server", DirectiveContexts.Mail) { IsRepeatable = true }, null),
        new(new DirectiveAttribute<NamedBlockGrammar>("upstream", DirectiveContexts.Mail) { IsRepeatable = true }, null),
        new(new DirectiveAttribute<SkippedBlockGrammar>("http", DirectiveContexts.Main) { IsRepeatable = true }, null),
        new(new DirectiveAttribute<SkippedBlockGrammar>("stream", DirectiveContexts.Main) { IsRepeatable = true }, null),
        new(new DirectiveAttribute<IncludeGrammar>("include", DirectiveContexts.All) { IsRepeatable = true }, null),
        new(new DirectiveAttribute<LoadModuleGrammar>("load_module", DirectiveContexts.Main) { IsRepeatable = true }, null),
    ];
}

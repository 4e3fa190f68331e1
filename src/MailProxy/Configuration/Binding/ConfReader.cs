using MailProxy.Configuration.Syntax;

namespace MailProxy.Configuration.Binding;

/// <summary>Walks the tree of a configuration file as nginx does, in order and with nginx's checks, but goes on behind an error.</summary>
internal sealed class ConfReader(OptionSchema schema, LoadContext context, List<ConfigurationMessage> messages)
{
    private readonly ConfFileReader _files = new(messages);
    private readonly HashSet<string> _skippedKinds = new(StringComparer.Ordinal);
    private bool _hasBlock;

    /// <summary>What the files say.</summary>
    public Settings Settings { get; } = new();

    /// <summary>The files that were read, each once.</summary>
    public IReadOnlyList<ConfFile> Files => _files.All;

    /// <summary>The blocks of other modules.</summary>
    public List<ConfNode> SkippedBlocks { get; } = [];

    /// <summary>Whether every byte was understood: only then does it mean anything that a directive is missing.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Reads the directives of <c>-g</c>.</summary>
    public void ReadGlobal(string directives) =>
        Walk(ConfParser.ParseCommandLine(System.Text.Encoding.UTF8.GetBytes(directives)), DirectiveContexts.Main, Settings.Main);

    /// <summary>Reads the main file.</summary>
    public void ReadMain(string path)
    {
        if (_files.Read(path, includedAt: null) is { } nodes) Walk(nodes, DirectiveContexts.Main, Settings.Main);
        else IsComplete = false;
        _files.Close();
        if (IsComplete && !Settings.Main.Seen.Contains("events")) messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, "no \"events\" section in configuration"));
    }

    private void Walk(IReadOnlyList<ConfNode> nodes, DirectiveContexts block, SettingLevel level)
    {
        foreach (var node in nodes)
        {
            var report = new Report(messages, node.Where);
            if (node.Error is { } error)
            {
                report.Error(error);
                IsComplete = false;
            }
            else if (Find(node, block, report) is { } directive)
            {
                if (IsWellFormed(node, directive, report)) Apply(node, directive, block, level, report);
                if (report.HasFailed) MarkFailed(directive, level, report);
            }
        }
    }

    /// <summary>The row of a name in this block.</summary>
    private Directive? Find(ConfNode node, DirectiveContexts block, Report report)
    {
        var rows = schema.Directives.Find(node.Name);
        var directive = rows.FirstOrDefault(row => row.Attribute.Contexts.HasFlag(block));
        if (rows.Count == 0 && !NginxDirectives.Knows(node.Name)) report.Error($"unknown directive \"{node.Name}\"");
        else if (directive is null) report.Error($"\"{node.Name}\" directive is not allowed here");
        return directive;
    }

    private static bool IsWellFormed(ConfNode node, Directive directive, Report report)
    {
        if (!directive.IsBlock && node.Children is not null) report.Error($"directive \"{node.Name}\" is not terminated by \";\"");
        else if (directive.IsBlock && node.Children is null) report.Error($"directive \"{node.Name}\" has no opening \"{{\"");
        else if (!directive.AcceptsArguments(node.Arguments.Count)) report.Error($"invalid number of arguments in \"{node.Name}\" directive");
        else if (!node.IsText) report.Error($"\"{node.Name}\" directive is not valid UTF-8");
        else if (node.Arguments.Any(word => word.Contains('\0'))) report.Error($"\"{node.Name}\" directive invalid value");
        return !report.HasFailed;
    }

    /// <summary>It is there, though wrong: nothing must be said about its absence.</summary>
    private static void MarkFailed(Directive directive, SettingLevel level, Report report)
    {
        level.Seen.Add(directive.Name);
        if (directive.Option is { } option) level.GetOrAdd(option.Path, report.Where).HasFailed = true;
    }

    private void Apply(ConfNode node, Directive directive, DirectiveContexts block, SettingLevel level, Report report)
    {
        if (!level.Seen.Add(node.Name) && !directive.IsRepeatable)
        {
            report.Error($"\"{node.Name}\" directive is duplicate");
            return;
        }

        switch (directive.Grammar)
        {
            case IncludeGrammar:
                Include(node, block, level);
                break;
            case SkippedBlockGrammar:
                Skip(node, report);
                break;
            case BlockGrammar:
                OpenBlock(node);
                break;
            case LoadModuleGrammar when _hasBlock:
                report.Error($"\"{node.Name}\" directive is specified too late");
                break;
            default:
                ReadValues(node, directive, level, report);
                break;
        }
    }

    private void Include(ConfNode node, DirectiveContexts block, SettingLevel level)
    {
        foreach (var path in ConfGlob.Expand(context.BesideConf(node.Arguments[0])))
        {
            if (_files.Read(path, node.Where) is { } nodes)
            {
                Walk(nodes, block, level);
                _files.Close();
            }
            else
            {
                IsComplete = false;
            }
        }
    }

    private void OpenBlock(ConfNode node)
    {
        _hasBlock = true;
        switch (node.Name)
        {
            case "events":
                Walk(node.Children!, DirectiveContexts.Events, Settings.Main);
                break;
            case "mail":
                Walk(node.Children!, DirectiveContexts.Mail, Settings.Mail);
                break;
            case "upstream":
                var group = new SettingLevel(node.Where) { [nameof(UpstreamGroupOptions.Name)] = new Setting(node.Where) { Value = node.Arguments[0] } };
                Settings.Upstreams.Add(Settings.Upstreams.Count, group);
                Walk(node.Children!, DirectiveContexts.Upstream, group);
                break;
            default:
                var server = new SettingLevel(node.Where);
                Settings.Servers.Add(Settings.Servers.Count, server);
                Walk(node.Children!, DirectiveContexts.Server, server);
                break;
        }
    }

    private void Skip(ConfNode node, Report report)
    {
        _hasBlock = true;
        if (_skippedKinds.Add(node.Name)) report.Warn($"\"{node.Name}\" block is skipped, this is a mail proxy only");
        SkippedBlocks.Add(node);
    }

    private void ReadValues(ConfNode node, Directive directive, SettingLevel level, Report report)
    {
        var call = new DirectiveCall(directive.Attribute, directive.Option, node.Arguments, directive.IsGlobal ? Settings.Main : level, context, report);
        directive.Grammar.Read(call);
        if (report.HasFailed) return;
        if (directive.Attribute.Replacement is { } replacement) report.Warn($"the \"{node.Name}\" directive is deprecated, use the \"{replacement}\" directive instead");
        directive.Grammar.CheckBlock(call);
    }
}

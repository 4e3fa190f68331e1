using System.Collections.Frozen;
using MailProxy.Configuration.Grammar;
using MailProxy.Upstreams;

namespace MailProxy.Configuration.Binding;

/// <summary>Every directive that the configuration file may have, found on the properties of the options.</summary>
internal static class DirectiveTable
{
    private static readonly FrozenDictionary<string, Directive[]> ByName =
        Options().Concat(Blocks()).Concat(WithoutEffect()).Append(Random).GroupBy(directive => directive.Name).ToFrozenDictionary(rows => rows.Key, rows => rows.ToArray());

    /// <summary>The other directive that sets the method; one property can name but one.</summary>
    private static Directive Random => new(
        new DirectiveAttribute("random", DirectiveKind.Random, DirectiveContexts.Upstream) { IsRepeatable = true, Syntax = "[two [least_conn]]", Default = "round_robin" },
        OptionSchema.Upstream[nameof(UpstreamGroupOptions.Method)]);

    /// <summary>All rows, by name.</summary>
    public static IEnumerable<Directive> All => ByName.Values.SelectMany(rows => rows).OrderBy(directive => directive.Name, StringComparer.Ordinal);

    /// <summary>The rows of a name: one for each option that it can set, depending on the context.</summary>
    public static IReadOnlyList<Directive> Find(string name) => ByName.GetValueOrDefault(name, []);

    private static IEnumerable<Directive> Options() =>
        from option in OptionSchema.Main.Values.Concat(OptionSchema.Server.Values).Concat(OptionSchema.Upstream.Values.Where(option => !OptionSchema.Server.ContainsKey(option.Path)))
        let attribute = option.Directive
        where attribute is not null
        select new Directive(attribute, option);

    private static IEnumerable<Directive> Blocks() =>
    [
        new(new DirectiveAttribute("events", DirectiveKind.Block, DirectiveContexts.Main), null),
        new(new DirectiveAttribute("mail", DirectiveKind.Block, DirectiveContexts.Main), null),
        new(new DirectiveAttribute("server", DirectiveKind.Block, DirectiveContexts.Mail) { IsRepeatable = true }, null),
        new(new DirectiveAttribute("upstream", DirectiveKind.Block, DirectiveContexts.Mail) { IsRepeatable = true }, null) { Arguments = (1, 1) },
        new(new DirectiveAttribute("http", DirectiveKind.SkippedBlock, DirectiveContexts.Main) { IsRepeatable = true }, null),
        new(new DirectiveAttribute("stream", DirectiveKind.SkippedBlock, DirectiveContexts.Main) { IsRepeatable = true }, null),
        new(new DirectiveAttribute("include", DirectiveKind.Include, DirectiveContexts.All) { IsRepeatable = true }, null),
        new(new DirectiveAttribute("load_module", DirectiveKind.LoadModule, DirectiveContexts.Main) { IsRepeatable = true }, null),
    ];

    /// <summary>What tunes nginx's own process: checked, so that a typing error is found, and otherwise of no effect.</summary>
    private static IEnumerable<Directive> WithoutEffect()
    {
        (string Name, DirectiveKind Kind)[] main =
        [
            ("debug_points", DirectiveKind.Choice), ("google_perftools_profiles", DirectiveKind.Text), ("lock_file", DirectiveKind.Text),
            ("master_process", DirectiveKind.Flag), ("pcre_jit", DirectiveKind.Flag), ("quic_bpf", DirectiveKind.Flag), ("ssl_engine", DirectiveKind.Text),
            ("ssl_object_cache_inheritable", DirectiveKind.Flag), ("timer_resolution", DirectiveKind.Milliseconds), ("worker_cpu_affinity", DirectiveKind.Words),
            ("worker_priority", DirectiveKind.Text), ("worker_rlimit_core", DirectiveKind.Size), ("working_directory", DirectiveKind.Text),
        ];
        (string Name, DirectiveKind Kind)[] events =
        [
            ("accept_mutex", DirectiveKind.Flag), ("accept_mutex_delay", DirectiveKind.Milliseconds), ("epoll_events", DirectiveKind.Number),
            ("multi_accept", DirectiveKind.Flag), ("use", DirectiveKind.Text), ("worker_aio_requests", DirectiveKind.Number),
        ];
        string[] debugPoints = ["stop", "abort"];

        return
        [
            .. main.Select(row => new Directive(new DirectiveAttribute(row.Name, row.Kind, DirectiveContexts.Main) { Words = debugPoints }, null)),
            .. events.Select(row => new Directive(new DirectiveAttribute(row.Name, row.Kind, DirectiveContexts.Events), null)),
            new(new DirectiveAttribute("env", DirectiveKind.Text, DirectiveContexts.Main) { IsRepeatable = true }, null),
            new(new DirectiveAttribute("thread_pool", DirectiveKind.Words, DirectiveContexts.Main) { IsRepeatable = true }, null) { Arguments = (2, 3) },
            new(new DirectiveAttribute("zone", DirectiveKind.Zone, DirectiveContexts.Upstream) { IsRepeatable = true }, null),
            new(new DirectiveAttribute("debug_connection", DirectiveKind.Text, DirectiveContexts.Events) { IsRepeatable = true }, null),
        ];
    }
}

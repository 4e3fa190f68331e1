using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Configuration;

/// <summary>What tunes nginx's own process: checked, so that a typing error is found, and otherwise of no effect.</summary>
internal static class DirectivesWithoutEffect
{
    private const DirectiveContexts Main = DirectiveContexts.Main;
    private const DirectiveContexts Events = DirectiveContexts.Events;

    public static IReadOnlyList<DirectiveAttribute> All { get; } =
    [
        new DirectiveAttribute<ChoiceGrammar>("debug_points", Main) { Words = ["stop", "abort"] },
        new DirectiveAttribute<TextGrammar>("env", Main) { IsRepeatable = true },
        new DirectiveAttribute<TextGrammar>("google_perftools_profiles", Main),
        new DirectiveAttribute<TextGrammar>("lock_file", Main),
        new DirectiveAttribute<FlagGrammar>("master_process", Main),
        new DirectiveAttribute<FlagGrammar>("pcre_jit", Main),
        new DirectiveAttribute<FlagGrammar>("quic_bpf", Main),
        new DirectiveAttribute<TextGrammar>("ssl_engine", Main),
        new DirectiveAttribute<FlagGrammar>("ssl_object_cache_inheritable", Main),
        new DirectiveAttribute<ThreadPoolGrammar>("thread_pool", Main) { IsRepeatable = true },
        new DirectiveAttribute<MillisecondsGrammar>("timer_resolution", Main),
        new DirectiveAttribute<WordsGrammar>("worker_cpu_affinity", Main),
        new DirectiveAttribute<TextGrammar>("worker_priority", Main),
        new DirectiveAttribute<SizeGrammar>("worker_rlimit_core", Main),
        new DirectiveAttribute<TextGrammar>("working_directory", Main),
        new DirectiveAttribute<FlagGrammar>("accept_mutex", Events),
        new DirectiveAttribute<MillisecondsGrammar>("accept_mutex_delay", Events),
        new DirectiveAttribute<TextGrammar>("debug_connection", Events) { IsRepeatable = true },
        new DirectiveAttribute<NumberGrammar>("epoll_events", Events),
        new DirectiveAttribute<FlagGrammar>("multi_accept", Events),
        new DirectiveAttribute<TextGrammar>("use", Events),
        new DirectiveAttribute<NumberGrammar>("worker_aio_requests", Events),
        new DirectiveAttribute<ZoneGrammar>("zone", DirectiveContexts.Upstream) { IsRepeatable = true },
    ];

    /// <summary>A name and its parameters.</summary>
    private sealed class ThreadPoolGrammar : TextGrammar
    {
        public override (int Least, int Most) Arguments => (2, 3);
    }
}

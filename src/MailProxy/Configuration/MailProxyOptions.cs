using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Configuration;

/// <summary>Everything that one configuration says: the main context, and each <c>server { }</c> with what it inherits from <c>mail { }</c>. A snapshot: never changed once loaded.</summary>
internal sealed class MailProxyOptions : OptionBlock
{
    /// <summary>Directive <c>user</c>: the account that the process changes to once its sockets are bound. Default: none.</summary>
    [Directive<UserGrammar>("user", DirectiveContexts.Main)]
    public string? User { get; set; }

    /// <summary>Directive <c>user</c>, second word: the group. Default: the account's own.</summary>
    public string? Group { get; set; }

    /// <summary>Directive <c>worker_processes</c>: how many workers; 0 stands for <c>auto</c>, one for each core. Default 1.</summary>
    [Directive<NumberOrAutoGrammar>("worker_processes", DirectiveContexts.Main)]
    public int WorkerProcesses { get; set; } = 1;

    /// <summary>Directive <c>transport</c>: what carries the connections. Default: linux where it runs, managed elsewhere.</summary>
    [Directive<ChoiceGrammar>("transport", DirectiveContexts.Main, Words = ["managed", "linux"], Default = "linux where it runs")]
    public TransportKind Transport { get; set; } = OperatingSystem.IsLinux() ? TransportKind.Linux : TransportKind.Managed;

    /// <summary>Directive <c>worker_connections</c>: connections that one worker may hold, client, auth and upstream ones together. Default 512.</summary>
    [Directive<NumberGrammar>("worker_connections", DirectiveContexts.Events, Minimum = 1)]
    public int WorkerConnections { get; set; } = 512;

    /// <summary>Directive <c>worker_shutdown_timeout</c>: how long sessions may go on after a graceful shutdown or a reload. Default: no limit.</summary>
    [Directive<MillisecondsGrammar>("worker_shutdown_timeout", DirectiveContexts.Main)]
    public TimeSpan? WorkerShutdownTimeout { get; set; }

    /// <summary>Directive <c>worker_shutdown_delay</c>: how long a graceful shutdown, while it is not ready any more, still takes new sessions, so that balancers can look away first. Default 0.</summary>
    [Directive<MillisecondsGrammar>("worker_shutdown_delay", DirectiveContexts.Main)]
    public TimeSpan WorkerShutdownDelay { get; set; }

    /// <summary>Directive <c>worker_rlimit_nofile</c>: the soft limit of open files to ask for. Default: left as it is.</summary>
    [Directive<NumberGrammar>("worker_rlimit_nofile", DirectiveContexts.Main)]
    public int? WorkerRlimitNofile { get; set; }

    /// <summary>Directive <c>pid</c>: the full path of the pid file. Default: none.</summary>
    [Directive<PrefixFileGrammar>("pid", DirectiveContexts.Main)]
    public string? Pid { get; set; }

    /// <summary>Directive <c>daemon</c> as written; null when absent. MailProxy runs in the foreground either way.</summary>
    [Directive<FlagGrammar>("daemon", DirectiveContexts.Main, Default = "off")]
    public bool? Daemon { get; set; }

    /// <summary>The <c>upstream name { }</c> blocks of <c>mail { }</c> in their order.</summary>
    public IList<UpstreamGroupOptions> Upstreams { get; set; } = [];

    /// <summary>The <c>server { }</c> blocks in their order.</summary>
    public IList<ServerOptions> Servers { get; set; } = [];
}

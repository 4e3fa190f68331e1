using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Observing.Logs;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.Configuration;

/// <summary>Everything that one configuration says: the main context, and each <c>server { }</c> with what it inherits from <c>mail { }</c>. A snapshot: never changed once loaded.</summary>
public sealed class MailProxyOptions
{
    /// <summary>Directive <c>user</c>: the account that the process changes to once its sockets are bound. Default: none.</summary>
    [Directive("user", DirectiveKind.User, DirectiveContexts.Main, Syntax = "user [group]")]
    public string? User { get; set; }

    /// <summary>Directive <c>user</c>, second word: the group. Default: the account's own.</summary>
    public string? Group { get; set; }

    /// <summary>Directive <c>worker_processes</c>: how many workers; 0 stands for <c>auto</c>, one for each core. Default 1.</summary>
    [Directive("worker_processes", DirectiveKind.NumberOrAuto, DirectiveContexts.Main)]
    public int WorkerProcesses { get; set; } = 1;

    /// <summary>Directive <c>transport</c>: what carries the connections. Default: linux where it runs, managed elsewhere.</summary>
    [Directive("transport", DirectiveKind.Choice, DirectiveContexts.Main, Words = ["managed", "linux"], Default = "linux where it runs")]
    public TransportKind Transport { get; set; } = OperatingSystem.IsLinux() ? TransportKind.Linux : TransportKind.Managed;

    /// <summary>Directive <c>worker_connections</c>: connections that one worker may hold, client, auth and upstream ones together. Default 512.</summary>
    [Directive("worker_connections", DirectiveKind.Number, DirectiveContexts.Events, Minimum = 1)]
    public int WorkerConnections { get; set; } = 512;

    /// <summary>Directive <c>worker_shutdown_timeout</c>: how long sessions may go on after a graceful shutdown or a reload. Default: no limit.</summary>
    [Directive("worker_shutdown_timeout", DirectiveKind.Milliseconds, DirectiveContexts.Main)]
    public TimeSpan? WorkerShutdownTimeout { get; set; }

    /// <summary>Directive <c>worker_shutdown_delay</c>: how long a graceful shutdown, while it is not ready any more, still takes new sessions, so that balancers can look away first. Default 0.</summary>
    [Directive("worker_shutdown_delay", DirectiveKind.Milliseconds, DirectiveContexts.Main)]
    public TimeSpan WorkerShutdownDelay { get; set; }

    /// <summary>Directive <c>worker_rlimit_nofile</c>: the soft limit of open files to ask for. Default: left as it is.</summary>
    [Directive("worker_rlimit_nofile", DirectiveKind.Number, DirectiveContexts.Main)]
    public long? WorkerRlimitNofile { get; set; }

    /// <summary>Directive <c>pid</c>: the full path of the pid file. Default: none.</summary>
    [Directive("pid", DirectiveKind.PrefixFile, DirectiveContexts.Main)]
    public string? Pid { get; set; }

    /// <summary>Directive <c>daemon</c> as written; null when absent. MailProxy runs in the foreground either way.</summary>
    [Directive("daemon", DirectiveKind.Flag, DirectiveContexts.Main, Default = "off")]
    public bool? Daemon { get; set; }

    /// <summary>Directive <c>error_log</c> of the main context. Empty: the log that <c>-e</c> names, stderr by default, at level error.</summary>
    [Directive("error_log", DirectiveKind.ErrorLog, DirectiveContexts.Main, Syntax = "file | stderr | syslog:... [level]", Default = "stderr error")]
    public IList<ErrorLogOptions> ErrorLog { get; set; } = [];

    /// <summary>The <c>upstream name { }</c> blocks of <c>mail { }</c> in their order.</summary>
    public IList<UpstreamGroupOptions> Upstreams { get; set; } = [];

    /// <summary>Directive <c>passdb</c>, in order: where users are. The first that knows a user decides.</summary>
    [Directive("passdb", DirectiveKind.Passdb, DirectiveContexts.Mail, Syntax = PassdbDirective.Syntax)]
    public IList<PassdbOptions> Passdb { get; set; } = [];

    /// <summary>Directive <c>auth_endpoint_key</c>: who sends it as <c>X-Auth-Key</c> may ask at <c>/auth</c>, from wherever, and nobody else. A secret. Default none: loopback may.</summary>
    [Directive("auth_endpoint_key", DirectiveKind.Secret, DirectiveContexts.Mail, Syntax = "key | file:path", Default = "none")]
    public string AuthEndpointKey { get; set; } = "";

    /// <summary>Every set of <c>proxy_ssl*</c> that connections may be made with.</summary>
    internal IEnumerable<ProxyTlsOptions> UpstreamTls() =>
        Servers.Select(server => server.ProxyTls).Concat(Upstreams.Select(group => group.ProxyTls).OfType<ProxyTlsOptions>());

    /// <summary>The <c>server { }</c> blocks in their order.</summary>
    public IList<ServerOptions> Servers { get; set; } = [];
}

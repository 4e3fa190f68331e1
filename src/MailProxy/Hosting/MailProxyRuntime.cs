using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Observing;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Tls;
using MailProxy.Transport;
using MailProxy.Transport.Features;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Sockets;
using MailProxy.Upstreams.Routing;
using MailProxy.UserDirectory.Logins;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace MailProxy.Hosting;

/// <summary>
/// The running proxy: the configuration in force, its sockets and its sessions. A reload opens what is new before it
/// closes what is gone, and changes nothing when anything of it fails.
/// </summary>
internal sealed class MailProxyRuntime(MailTransport transport, ListenerSet listeners, GenerationFactory generations, UpstreamRouter upstreams, LoginDirectory directory, SessionMetricsTable metrics, LoopMetrics loops, ProcessMetrics process, CertificateMetrics expiries, LogSinks sinks, TimeProvider time)
    : IConnectionAdmission, IDisposable
{
    // A unix socket's client has no address of its own.
    private static readonly EndPoint UnnamedPeer = new DnsEndPoint("unix", 0, AddressFamily.Unspecified);

    // While a loop is away every session on it waits.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly List<Generation> _retired = [];
    private Generation? _current;
    private MailProxyOptions? _started;
    private long _connectionNumber;

    /// <summary>Whether a configuration is in force and every socket of it listens.</summary>
    public bool IsListening { get; private set; }

    /// <summary>Whether a graceful shutdown has begun.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>What <c>worker_connections</c> of the configuration in force come to.</summary>
    public WorkerConnections WorkerConnections => Current.WorkerConnections;

    /// <summary>The process's own log.</summary>
    public ILogger Log => Current.Logs.Process;

    private Generation Current => _current ?? throw new InvalidOperationException("No configuration is in force.");

    /// <summary>Opens logs and sockets. Sessions begin once Kestrel accepts.</summary>
    /// <exception cref="StartupException">A log, a certificate, an auth server's name or a socket is not to be had.</exception>
    public async Task StartAsync(MailProxyOptions options, CancellationToken cancellationToken = default)
    {
        StartTransport(options);
        _started = options;
        _current = await OpenAsync(options, cancellationToken);
        Watch(_current);
        StrayErrors.Reported += ReportStray;
        listeners.AcceptFailed += exception => HostingLog.AcceptFailed(Log, exception.Message);
        IsListening = true;
        process.Started(time.GetUtcNow());
        HostingLog.Started(Log, _current.Table.Sockets.Count);
    }

    /// <summary>Reads a configuration and puts it in force. Sessions go on under the one that they began with. A result is counted once.</summary>
    /// <param name="read">Reads it.</param>
    /// <param name="change">What else the process has to change with it.</param>
    /// <param name="cancellationToken">Stops it before anything has changed.</param>
    /// <returns>False where it failed; everything is then as it was, and the log says why.</returns>
    public async Task<bool> ReloadAsync(Func<ConfigurationResult> read, IProcessChange? change = null, CancellationToken cancellationToken = default)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            if (IsDraining) return false;
            HostingLog.Reconfiguring(Log);
            var old = Current;
            try
            {
                var configuration = read();
                LogMessages(configuration);
                if (configuration.Options is { } options) await ChangeAsync(options, change, cancellationToken);
            }
            catch (Exception exception) when (exception is StartupException or IOException or FormatException)
            {
                HostingLog.ConfigurationError(Log, exception.Message);
            }
            catch (Exception exception)
            {
                // Whatever is wrong with the new configuration, the old one goes on.
                HostingLog.ReloadFailed(Log, exception);
            }

            process.Reloaded(Current != old, time.GetUtcNow());
            return Current != old;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Does all that a start does, but for binding and for what would show outside; nothing is in force then.</summary>
    /// <exception cref="StartupException">The configuration cannot be had.</exception>
    public async Task TryAsync(MailProxyOptions options)
    {
        StartTransport(options);
        await DiscardAsync(await generations.PrepareAsync(options, null, CancellationToken.None));
    }

    private async Task ChangeAsync(MailProxyOptions options, IProcessChange? change, CancellationToken cancellationToken)
    {
        var old = Current;
        try
        {
            change?.Prepare(options);
            _current = await OpenAsync(options, cancellationToken);
        }
        catch
        {
            change?.Undo();
            throw;
        }

        // From here on nothing may fail.
        change?.Complete();
        WarnOfRestart(_started!, options);
        Retire(old);
        Watch(Current);
    }

    /// <summary><c>worker_shutdown_delay</c> of the configuration in force.</summary>
    public TimeSpan ShutdownDelay => Current.Options.WorkerShutdownDelay;

    /// <summary>Not ready any more: a graceful shutdown has begun, and new sessions are still served.</summary>
    public void AnnounceDrain()
    {
        if (IsDraining) return;
        IsDraining = true;
        HostingLog.Draining(Log);
    }

    /// <summary>Closes the sockets, sends away whoever has not logged in, and lets the others end.</summary>
    public void BeginDrain()
    {
        AnnounceDrain();
        IsListening = false;
        listeners.Unbind();
        Retire(Current);
        foreach (var generation in Generations()) generation.RequestComeBack();
    }

    /// <summary>Completes when the last session has ended after <see cref="BeginDrain"/>.</summary>
    public Task SessionsEnded => Task.WhenAll(Generations().Select(generation => generation.Ended));

    /// <summary>Closes sockets and sessions at once, without a word.</summary>
    public void StopNow()
    {
        IsDraining = true;
        IsListening = false;
        listeners.Unbind();
        foreach (var generation in Generations())
        {
            generation.Retire();
            generation.Abort();
        }
    }

    public void ReopenLogs()
    {
        HostingLog.ReopeningLogs(Log);
        sinks.Reopen();
    }

    /// <inheritdoc/>
    public ConnectionScope? Admit(ConnectionContext connection)
    {
        if (Join(connection) is not { } generation) return null;
        var scope = Admit(connection, generation);
        if (scope is null) generation.Remove(connection);
        return scope;
    }

    /// <inheritdoc/>
    public void Release(ConnectionContext connection, ConnectionScope scope)
    {
        scope.Metrics.Active.Dec();
        scope.Metrics.SessionSeconds.Observe(time.GetElapsedTime(scope.Began).TotalSeconds);
        scope.WorkerConnections.Return();
        ((Generation)scope.Owner).Remove(connection);
    }

    public void Dispose()
    {
        StrayErrors.Reported -= ReportStray;
        _change.Dispose();
        foreach (var generation in Generations()) generation.Dispose();
    }

    /// <summary>Counts the connection among those of the configuration in force, unless a drain has ended that.</summary>
    private Generation? Join(ConnectionContext connection)
    {
        while (true)
        {
            var generation = Current;
            if (generation.TryAdd(connection)) return generation;
            if (generation == Current) return null;
        }
    }

    private ConnectionScope? Admit(ConnectionContext connection, Generation generation)
    {
        var socket = connection.Features.GetRequiredFeature<IListenSocketFeature>().Socket;
        if (generation.Table.Find(socket, connection.LocalEndPoint) is not { } address) return null;

        var client = connection.RemoteEndPoint ?? UnnamedPeer;
        var logContext = new SessionLogContext
        {
            ConnectionNumber = Interlocked.Increment(ref _connectionNumber),
            ClientEndPoint = client,
            Listener = address.Listen.Text,
        };
        var log = generation.Logs.ForSession(address.Server, logContext);
        var sessionMetrics = metrics.For(address.Server.Protocol);
        sessionMetrics.Accepted.Inc();
        var local = connection.LocalEndPoint ?? address.EndPoint;
        var record = SessionRecord.Create(generation.Logs.AccessOf(address.Server), address.Server, logContext.ConnectionNumber, local, time);
        if (!generation.WorkerConnections.TryTake())
        {
            ConnectionLog.WorkerConnections(log, generation.WorkerConnections.PerWorker);
            sessionMetrics.Ended(SessionEndReason.Limit).Inc();
            record?.Ends(client, SessionEndReason.Limit);
            return null;
        }

        sessionMetrics.Active.Inc();
        return new ConnectionScope
        {
            Server = address.Server,
            Listen = address.Listen,
            Client = client,
            Local = local,
            Began = time.GetTimestamp(),
            Record = record,
            LogContext = logContext,
            Log = log,
            Metrics = sessionMetrics,
            TrustedPeers = address.TrustedPeers,
            Certificates = generation.Certificates.For(address.Server),
            WorkerConnections = generation.WorkerConnections,
            Drain = generation.DrainOf(logContext.ConnectionNumber),
            Owner = generation,
            Loop = connection.Features.Get<ILoopFeature>(),
        };
    }

    private void StartTransport(MailProxyOptions options)
    {
        if (options.Transport != TransportKind.Linux) return;
        if (!OperatingSystem.IsLinux()) throw new StartupException("\"transport linux\" needs Linux; use \"transport managed\"");
        transport.StartLoops(Generation.Workers(options), LongestTurn, ReportLoopAway);
        listeners.AcceptOn(transport);
    }

    /// <summary>The loops are made once.</summary>
    private void WarnOfRestart(MailProxyOptions started, MailProxyOptions options)
    {
        if (options.Transport != started.Transport)
            HostingLog.NeedsRestart(Log, "transport", Name(started.Transport), Name(options.Transport));
        if (started.Transport == TransportKind.Linux && Generation.Workers(options) != Generation.Workers(started))
            HostingLog.NeedsRestart(Log, "worker_processes", Count(started), Count(options));

        static string Name(TransportKind kind) => kind == TransportKind.Linux ? "linux" : "managed";
        static string Count(MailProxyOptions options) => options.WorkerProcesses == 0 ? "auto" : options.WorkerProcesses.ToString(CultureInfo.InvariantCulture);
    }

    private void ReportStray(string where, Exception exception) => HostingLog.StrayError(Log, where, exception);

    private void ReportLoopAway(TimeSpan elapsed)
    {
        loops.Observe(elapsed);
        // While the first configuration is being opened there is no log yet.
        if (_current is { } current) HostingLog.LoopAway(current.Logs.Process, (long)elapsed.TotalMilliseconds);
    }

    /// <summary>Prepares a configuration and binds its sockets, which is the last that can fail.</summary>
    private async Task<Generation> OpenAsync(MailProxyOptions options, CancellationToken cancellationToken)
    {
        var generation = await generations.PrepareAsync(options, _current, cancellationToken);
        void ReportBindFailure(ListenException exception) => HostingLog.BindFailed(generation.Logs.Process, exception.Message);
        listeners.BindFailed += ReportBindFailure;
        try
        {
            await listeners.ApplyAsync(generation.Table.Sockets, cancellationToken);
            return generation;
        }
        catch (ListenException exception)
        {
            await DiscardAsync(generation);
            throw new StartupException(exception.Message, exception);
        }
        catch
        {
            await DiscardAsync(generation);
            throw;
        }
        finally
        {
            listeners.BindFailed -= ReportBindFailure;
        }
    }

    /// <summary>Closes what was opened for a configuration that does not come into force.</summary>
    private async ValueTask DiscardAsync(Generation generation)
    {
        generation.Dispose();
        if (generation.Users is { } users) await directory.DiscardAsync(users);
    }

    private void Watch(Generation generation)
    {
        generation.Certificates.Watch(expiries, generation.Logs.Process, time);
        upstreams.PutInForce(generation.Upstreams, generation.Logs.Process);
        directory.PutInForce(generation.Users!);
        // Who scales by sessions must be able to tell none from unknown.
        foreach (var server in generation.Options.Servers) metrics.For(server.Protocol);
    }

    private void LogMessages(ConfigurationResult configuration)
    {
        foreach (var message in configuration.Messages)
        {
            if (message.Level == ErrorLogLevel.Emerg) HostingLog.ConfigurationError(Log, message.Text);
            else HostingLog.ConfigurationWarning(Log, message.Text);
        }
    }

    private void Retire(Generation generation)
    {
        lock (_retired) _retired.Add(generation);
        generation.Retire();
        ForgetAsync(generation).Forget("ending the configuration before");
    }

    private async Task ForgetAsync(Generation generation)
    {
        await generation.Ended;
        if (generation == _current) return;            // a drain: the log is needed to the last line
        lock (_retired) _retired.Remove(generation);
        generation.Dispose();
    }

    private List<Generation> Generations()
    {
        lock (_retired) return _current is null || _retired.Contains(_current) ? [.. _retired] : [.. _retired, _current];
    }
}

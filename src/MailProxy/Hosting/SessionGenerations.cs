using System.Net;
using System.Net.Sockets;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Observing;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Tls;
using MailProxy.Transport.Features;
using MailProxy.Transport.Guards;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Hosting;

/// <summary>The sessions, each under the configuration that it began with: those of the one in force, and of those before it that still have any.</summary>
internal sealed class SessionGenerations(SessionMetricsTable metrics, ProcessMetrics process, TimeProvider time) : IConfigured, IConnectionAdmission, IDisposable
{
    // A unix socket's client has no address of its own.
    private static readonly EndPoint UnnamedPeer = new DnsEndPoint("unix", 0, AddressFamily.Unspecified);

    private readonly List<(Generation Generation, Preparation Preparation)> _retired = [];
    private Preparation? _inForce;
    private Generation? _current;
    private long _connectionNumber;

    /// <summary>The configuration in force.</summary>
    /// <exception cref="InvalidOperationException">There is none yet.</exception>
    public Generation Current => _current ?? throw new InvalidOperationException("No configuration is in force.");

    /// <summary>Completes when the last session has ended that has been retired.</summary>
    public Task Ended => Task.WhenAll(All().Select(generation => generation.Ended));

    /// <inheritdoc/>
    public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        var generation = new Generation(preparation.Options, preparation.Of<ErrorLogSet>(), preparation.Of<CertificateSet>(), process, time);
        return ValueTask.FromResult<IPrepared>(new Prepared<Generation>(generation, commit: () => PutInForce(generation, preparation), end: generation.Dispose));
    }

    /// <summary>No more sessions begin, and who has not logged in is told to come back.</summary>
    public void Drain()
    {
        if (_current is { } current) Retire(current, _inForce!);
        foreach (var generation in All()) generation.RequestComeBack();
    }

    /// <summary>Ends every session at once, without a word.</summary>
    public void Abort()
    {
        foreach (var generation in All())
        {
            generation.Retire();
            generation.Abort();
        }
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
        foreach (var generation in All()) generation.Dispose();
    }

    private void PutInForce(Generation generation, Preparation preparation)
    {
        var (old, before) = (_current, _inForce);
        (_current, _inForce) = (generation, preparation);
        // Who scales by sessions must be able to tell none from unknown.
        foreach (var server in generation.Options.Servers) metrics.For(server.Protocol);
        if (old is not null) Retire(old, before!);
    }

    private void Retire(Generation generation, Preparation preparation)
    {
        lock (_retired) _retired.Add((generation, preparation));
        generation.Retire();
        ForgetAsync(generation, preparation).Forget("ending the configuration before");
    }

    private async Task ForgetAsync(Generation generation, Preparation preparation)
    {
        await generation.Ended;
        if (generation == _current) return;            // a drain: the log is needed to the last line
        lock (_retired) _retired.Remove((generation, preparation));
        await preparation.DisposeAsync();
    }

    private List<Generation> All()
    {
        lock (_retired)
        {
            var retired = _retired.Select(pair => pair.Generation);
            return _current is not { } current || retired.Contains(current) ? [.. retired] : [.. retired, current];
        }
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
}

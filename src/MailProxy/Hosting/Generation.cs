using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Hosting;

/// <summary>One loaded configuration and the sessions that began under it: they keep it until they end, whatever is reloaded meanwhile.</summary>
internal sealed class Generation : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<ConnectionContext> _connections = new(ReferenceEqualityComparer.Instance);
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Clients that are closed come back at once: not all of them in the same moment.
    private const int Waves = 32;
    private const double SessionsPerSecond = 1000;

    private readonly Drain[] _drains = [.. Enumerable.Range(0, Waves).Select(_ => new Drain())];
    private readonly TimeProvider _time;
    private ITimer? _shutdownTimer;
    private TimeSpan _pause;
    private int _wave;
    private bool _retired;

    public Generation(MailProxyOptions options, ErrorLogSet logs, CertificateSet certificates, ProcessMetrics metrics, TimeProvider time)
    {
        Options = options;
        Logs = logs;
        Certificates = certificates;
        Table = new ListenTable(options);
        _time = time;
        WorkerConnections = new WorkerConnections(Workers(options), options.WorkerConnections, metrics.WorkerConnectionsHit);
    }

    /// <summary>How many workers <c>worker_processes</c> asks for.</summary>
    public static int Workers(MailProxyOptions options) => options.WorkerProcesses > 0 ? options.WorkerProcesses : Environment.ProcessorCount;

    public MailProxyOptions Options { get; }

    public ErrorLogSet Logs { get; }

    public CertificateSet Certificates { get; }

    public ListenTable Table { get; }

    public WorkerConnections WorkerConnections { get; }

    /// <summary>How a connection is told of the end: each of them has its wave.</summary>
    public Drain DrainOf(long connectionNumber) => _drains[connectionNumber % Waves];

    /// <summary>Whoever has not logged in is told to come back.</summary>
    public void RequestComeBack()
    {
        foreach (var drain in _drains) drain.RequestComeBack();
    }

    /// <summary>Completes once the generation is retired and its last session has ended.</summary>
    public Task Ended => _empty.Task;

    /// <returns>False where the generation has ended: a reload came between, and the next one is in force.</returns>
    public bool TryAdd(ConnectionContext connection)
    {
        lock (_gate) return !_empty.Task.IsCompleted && _connections.Add(connection);
    }

    public void Remove(ConnectionContext connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
            CompleteIfOver();
        }
    }

    /// <summary>No more sessions begin. Those that live may go on for <c>worker_shutdown_timeout</c>; without one, to their own end.</summary>
    public void Retire()
    {
        Certificates.Dispose();                // for its last handshakes those that it has will do
        lock (_gate)
        {
            _retired = true;
            if (Options.WorkerShutdownTimeout is { } timeout)
                _shutdownTimer ??= _time.CreateTimer(static self => ((Generation)self!).StopWave(), this, timeout, Timeout.InfiniteTimeSpan);
            CompleteIfOver();
        }
    }

    /// <summary>Closes every session at once, without a word.</summary>
    public void Abort()
    {
        List<ConnectionContext> open;
        lock (_gate) open = [.. _connections];
        foreach (var connection in open) connection.Abort(new ConnectionAbortedException("The program is stopped."));
    }

    public void Dispose()
    {
        _shutdownTimer?.Dispose();
        foreach (var drain in _drains) drain.Dispose();
    }

    /// <summary><c>worker_shutdown_timeout</c> has passed: the sessions end, a thousand a second.</summary>
    private void StopWave()
    {
        lock (_gate)
        {
            if (_wave == 0) _pause = TimeSpan.FromSeconds(_connections.Count / SessionsPerSecond / Waves);
        }

        do
        {
            _drains[_wave++].RequestStop();
        }
        while (_wave < Waves && _pause < TimeSpan.FromMilliseconds(1));
        if (_wave < Waves) _shutdownTimer!.Change(_pause, Timeout.InfiniteTimeSpan);
    }

    private void CompleteIfOver()
    {
        if (_retired && _connections.Count == 0) _empty.TrySetResult();
    }
}

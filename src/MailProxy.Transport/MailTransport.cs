using System.Net;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Managed;
using MailProxy.Transport.Sockets;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport;

/// <summary>What carries the process's connections: managed until <see cref="StartLoops"/>, which is decided once, before the first socket listens.</summary>
internal sealed class MailTransport : IConnectionFactory, IDisposable
{
    private readonly ManagedConnectionFactory _managed = new();
    private EpollTransport? _loops;

    /// <summary>The clock whose timers are the loops' where they are made on one.</summary>
    public static TimeProvider Time { get; } = new LoopTimeProvider();

    /// <summary>Stands for the loop that this code runs on; null elsewhere. Connections that are made on a loop live there.</summary>
    public static object? CurrentLoop => EventLoop.Current;

    /// <summary>Makes TLS contexts for the connections of this transport.</summary>
    public ITlsEngine Tls => TlsEngine.For(_loops is not null);

    internal EpollTransport? Loops => _loops;

    /// <summary>Carries connections on epoll loops from now on. Linux only.</summary>
    /// <param name="count">How many loops, each with a thread of its own.</param>
    /// <param name="limit">From when on a loop that was away is told of.</param>
    /// <param name="away">Told how long a loop was away from its events, on that loop.</param>
    /// <exception cref="IOException">The system has no descriptors for them.</exception>
    /// <exception cref="InvalidOperationException">They run already.</exception>
    public void StartLoops(int count, TimeSpan limit, Action<TimeSpan> away)
    {
        if (_loops is not null) throw new InvalidOperationException("The loops run already.");
        _loops = new EpollTransport(count, TimeProvider.System, new LoopWatchdog(limit, away));
    }

    /// <summary>Connects; on a loop the connection lives there too. A <see cref="BoundEndPoint"/> says where from.</summary>
    /// <exception cref="BindException">The local address is not to be had.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The server cannot be reached; its native error is the system's.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ((IConnectionFactory?)_loops ?? _managed).ConnectAsync(endpoint, cancellationToken);

    /// <summary>Ends the loops; the connections on them get no more events.</summary>
    public void Dispose() => _loops?.Dispose();
}

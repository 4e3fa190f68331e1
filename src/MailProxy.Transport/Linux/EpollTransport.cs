using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Linux;

/// <summary>The loops of the process, and what they do for others: accept and connect.</summary>
internal sealed class EpollTransport : IConnectionFactory, IDisposable
{
    private readonly EventLoop[] _loops;
    private int _next;

    /// <param name="loops">How many (<c>worker_processes</c>).</param>
    /// <param name="time">The clock.</param>
    /// <param name="watchdog">Told of loops that were away.</param>
    public EpollTransport(int loops, TimeProvider time, LoopWatchdog watchdog)
    {
        _loops = [.. Enumerable.Range(0, loops).Select(index => new EventLoop($"mailproxy loop {index}", time, watchdog))];
        foreach (var loop in _loops) loop.Start();
    }

    public IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>Connects on the loop that asks, so that a session stays on one; elsewhere on the next of the loops. Returns before the connection stands.</summary>
    /// <exception cref="SocketException">The system refuses at once.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (EventLoop.Current is { } current) return ValueTask.FromResult<ConnectionContext>(Connect(current, endpoint));
        var loop = _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length];
        var connected = new TaskCompletionSource<ConnectionContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ =>
        {
            try
            {
                connected.SetResult(Connect(loop, endpoint));
            }
            catch (SocketException exception)
            {
                connected.SetException(exception);
            }
        }, null);
        return new ValueTask<ConnectionContext>(connected.Task);
    }

    public void Dispose()
    {
        foreach (var loop in _loops) loop.Dispose();
    }

    private static EpollConnection Connect(EventLoop loop, EndPoint endpoint)
    {
        var connection = new EpollConnection(loop);
        connection.Connect(endpoint, from: null);
        return connection;
    }
}

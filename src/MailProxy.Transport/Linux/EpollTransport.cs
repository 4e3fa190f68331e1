using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Sockets;
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
    /// <param name="descriptors">How many descriptors are left; by the process's own limit where it is null.</param>
    public EpollTransport(int loops, TimeProvider time, LoopWatchdog watchdog, DescriptorReserve? descriptors = null)
    {
        Descriptors = descriptors ?? DescriptorReserve.OfProcess;
        _loops = [.. Enumerable.Range(0, loops).Select(index => new EventLoop($"mailproxy loop {index}", time, watchdog, Descriptors))];
        foreach (var loop in _loops) loop.Start();
    }

    public IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>How many descriptors are left.</summary>
    internal DescriptorReserve Descriptors { get; }

    /// <summary>Connects on the loop that asks, so that a session stays on one; elsewhere on the next of the loops.</summary>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (EventLoop.Current is { } current && Array.IndexOf(_loops, current) >= 0) return ConnectAsync(current, endpoint, cancellationToken);
        var loop = _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length];
        // The caller goes on where it was: on the loop it could block it, or take the loop with it when it disposes of this.
        var connected = new TaskCompletionSource<ConnectionContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ => _ = ConnectAsync(loop, endpoint, connected, cancellationToken), null);
        return new ValueTask<ConnectionContext>(connected.Task);
    }

    public void Dispose()
    {
        foreach (var loop in _loops) loop.Dispose();
    }

    private async Task ConnectAsync(EventLoop loop, EndPoint endpoint, TaskCompletionSource<ConnectionContext> connected, CancellationToken cancellationToken)
    {
        try
        {
            connected.SetResult(await ConnectAsync(loop, endpoint, cancellationToken));
        }
        catch (Exception exception)
        {
            connected.SetException(exception);
        }
    }

    private ValueTask<ConnectionContext> ConnectAsync(EventLoop loop, EndPoint endpoint, CancellationToken cancellationToken)
    {
        var connection = new EpollConnection(loop);
        var (remote, from) = BoundEndPoint.Split(endpoint);
        var connecting = connection.ConnectAsync(remote, from, Descriptors, cancellationToken);
        return connecting.IsCompletedSuccessfully ? new ValueTask<ConnectionContext>(connection) : WaitAsync(connection, connecting);
    }

    private static async ValueTask<ConnectionContext> WaitAsync(EpollConnection connection, ValueTask<bool> connecting)
    {
        await connecting;
        connection.ForgetWait();
        return connection;
    }
}

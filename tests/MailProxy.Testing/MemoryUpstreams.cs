using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Testing;

/// <summary>Connects to upstreams in memory; <see cref="Failure"/> makes connecting fail instead.</summary>
internal sealed class MemoryUpstreams : IConnectionFactory
{
    private readonly List<MemoryConnection> _all = [];
    private readonly Channel<MemoryConnection> _connected = Channel.CreateUnbounded<MemoryConnection>();

    /// <summary>What connecting throws; null connects.</summary>
    public Exception? Failure { get; init; }

    /// <summary>What connecting to one address throws; null connects.</summary>
    public Func<EndPoint, Exception?> FailureOf { get; init; } = static _ => null;

    /// <summary>Told of each connection that is made.</summary>
    public Action<ConnectionContext>? Connected { get; init; }

    /// <summary>Connections that the proxy has not closed.</summary>
    public int Open => _all.Count(connection => !connection.IsClosed);

    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if ((Failure ?? FailureOf(endpoint)) is { } failure) return ValueTask.FromException<ConnectionContext>(failure);
        var connection = new MemoryConnection();
        connection.Proxy.RemoteEndPoint = endpoint;
        Connected?.Invoke(connection.Proxy);
        _all.Add(connection);
        _connected.Writer.TryWrite(connection);
        return ValueTask.FromResult<ConnectionContext>(connection.Proxy);
    }

    /// <summary>The next connection that the proxy made.</summary>
    public async Task<MemoryConnection> AcceptAsync(CancellationToken cancellationToken) => await _connected.Reader.ReadAsync(cancellationToken);
}

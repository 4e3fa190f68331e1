using System.IO.Pipelines;
using System.Net;
using MailProxy.Transport.Managed;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Authentication;

/// <summary>The transport's own connections, counted.</summary>
internal sealed class CountedConnections : IConnectionFactory
{
    private readonly ManagedConnectionFactory _connections = new();
    private int _disposed;
    private int _made;

    /// <summary>How many connections were made.</summary>
    public int Made => _made;

    /// <summary>How many of them were disposed.</summary>
    public int Disposed => _disposed;

    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var connection = await _connections.ConnectAsync(endpoint, cancellationToken);
        Interlocked.Increment(ref _made);
        return new Counted(connection, () => Interlocked.Increment(ref _disposed));
    }

    private sealed class Counted(ConnectionContext connection, Action disposed) : ConnectionContext
    {
        public override string ConnectionId { get => connection.ConnectionId; set => connection.ConnectionId = value; }

        public override IFeatureCollection Features => connection.Features;

        public override IDictionary<object, object?> Items { get => connection.Items; set => connection.Items = value; }

        public override IDuplexPipe Transport { get => connection.Transport; set => connection.Transport = value; }

        public override void Abort(ConnectionAbortedException abortReason) => connection.Abort(abortReason);

        public override async ValueTask DisposeAsync()
        {
            await connection.DisposeAsync();
            await base.DisposeAsync();
            disposed();
        }
    }
}

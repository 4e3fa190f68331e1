using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using MailProxy.Transport.Features;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Sockets;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Transport.Managed;

/// <summary>A client's connection: Kestrel's own, with our features, and a limit to how long its close may take.</summary>
internal sealed class AcceptedConnection : ConnectionContext, IListenSocketFeature, ITlsFeature
{
    private readonly ConnectionContext _connection;
    private readonly TimeProvider _time;
    private SslStream? _tls;

    public AcceptedConnection(ConnectionContext connection, ListenSocket socket, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        Socket = socket;
        Transport = new YieldingPipes(new YieldingReader(connection.Transport.Input), connection.Transport.Output);
        Features.Set<IListenSocketFeature>(this);
        Features.Set<ITlsFeature>(this);
        Features.Set<IRelayFeature>(new ManagedRelay(this, time));
    }

    public ListenSocket Socket { get; }

    public override string ConnectionId { get => _connection.ConnectionId; set => _connection.ConnectionId = value; }

    public override IFeatureCollection Features => _connection.Features;

    public override IDictionary<object, object?> Items { get => _connection.Items; set => _connection.Items = value; }

    public override IDuplexPipe Transport { get => _connection.Transport; set => _connection.Transport = value; }

    public override CancellationToken ConnectionClosed { get => _connection.ConnectionClosed; set => _connection.ConnectionClosed = value; }

    public override EndPoint? LocalEndPoint { get => _connection.LocalEndPoint; set => _connection.LocalEndPoint = value; }

    public override EndPoint? RemoteEndPoint { get => _connection.RemoteEndPoint; set => _connection.RemoteEndPoint = value; }

    public TlsSession? Session { get; private set; }

    public async ValueTask<TlsSession> AuthenticateAsServerAsync(TlsServerContext context, CancellationToken cancellationToken)
    {
        var (tls, session) = await ((ManagedTlsServerContext)context).HandshakeAsync(new PipeStream(Transport), cancellationToken);
        _tls = tls;
        Transport = new StreamPipes(tls);
        return Session = session;
    }

    public ValueTask<TlsSession> AuthenticateAsClientAsync(TlsClientContext context, TlsTarget target, CancellationToken cancellationToken) =>
        throw new NotSupportedException("This connection is a server's end.");

    public override void Abort(ConnectionAbortedException abortReason) => _connection.Abort(abortReason);

    public override async ValueTask DisposeAsync()
    {
        var closing = CloseAsync();
        if (!closing.IsCompleted)
        {
            await using var limit = _time.CreateTimer(
                static connection => ((ConnectionContext)connection!).Abort(ConnectionClose.TooSlow()), _connection, ConnectionClose.Limit, Timeout.InfiniteTimeSpan);
            await closing;
        }
        else
        {
            await closing;
        }

        await base.DisposeAsync();
    }

    private sealed record YieldingPipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private async ValueTask CloseAsync()
    {
        if (_tls is not null)
        {
            StreamPipes.Release(Transport);
            await ManagedHandshake.SayGoodbyeAsync(_tls);
            await _tls.DisposeAsync();
        }

        await _connection.DisposeAsync();
    }
}

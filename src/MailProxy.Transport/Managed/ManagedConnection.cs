using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using MailProxy.Transport.Features;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Transport.Managed;

/// <summary>
/// A connection that we made. Its pipes lie directly over the socket's stream: half the work of Kestrel's own socket
/// connection, no buffer while it waits for bytes, and a flush that is done has reached the kernel. What was written but
/// never flushed is not sent.
/// </summary>
internal sealed class ManagedConnection : ConnectionContext, IHalfCloseFeature, IUnreadInputFeature, ITlsFeature
{
    private static long _lastId;

    private readonly Socket _socket;
    private Stream _stream;
    private int _closed;

    /// <param name="socket">The connected socket, from now on this connection's own.</param>
    /// <param name="remote">The server's address.</param>
    public ManagedConnection(Socket socket, EndPoint remote)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: false);
        Transport = new StreamPipes(_stream);
        RemoteEndPoint = remote;
        LocalEndPoint = socket.LocalEndPoint;
        Features.Set<IHalfCloseFeature>(this);
        Features.Set<IUnreadInputFeature>(this);
        Features.Set<ITlsFeature>(this);
    }

    public override string ConnectionId { get; set; } = Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get => field ??= new ConnectionItems(); set; }

    public override IDuplexPipe Transport { get; set; }

    public void ShutdownSend()
    {
        try
        {
            if (_stream is SslStream tls) ManagedHandshake.SayGoodbyeAsync(tls).Forget("ending a TLS session");
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer is gone, or we are: nobody waits for the FIN.
        }
    }

    public bool HasUnreadInput => _socket.Poll(0, SelectMode.SelectRead);

    public TlsSession? Session { get; private set; }

    public ValueTask<TlsSession> AuthenticateAsServerAsync(TlsServerContext context, CancellationToken cancellationToken) =>
        throw new NotSupportedException("This connection is a client's end.");

    public async ValueTask<TlsSession> AuthenticateAsClientAsync(TlsClientContext context, TlsTarget target, CancellationToken cancellationToken)
    {
        // Servers do not speak first: these bytes could not begin a handshake.
        if (Transport.Input.TryRead(out var early))
        {
            Transport.Input.AdvanceTo(early.Buffer.Start);
            if (!early.Buffer.IsEmpty) throw new TlsException(TlsFailure.Handshake, "SSL_do_handshake() failed (SSL: the server spoke first)");
        }

        var (tls, session) = await ((ManagedTlsClientContext)context).HandshakeAsync(_stream, target, cancellationToken);
        StreamPipes.Release(Transport);
        _stream = tls;
        Transport = new StreamPipes(tls);
        return Session = session;
    }

    /// <summary>Resets the connection.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Interlocked.Exchange(ref _closed, 1);
        _socket.Close(timeout: 0);
    }

    /// <summary>Closes in order: what was flushed reaches the peer.</summary>
    public override async ValueTask DisposeAsync()
    {
        Task? goodbye = null;
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            if (_stream is SslStream tls) goodbye = ManagedHandshake.SayGoodbyeAsync(tls);
            try
            {
                // Without it .NET resets the connection where a receive was cancelled.
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The peer was faster, or an abort from elsewhere.
            }
        }

        _socket.Dispose();
        if (goodbye is not null) await goodbye;           // ends at once now, sent or not
        StreamPipes.Release(Transport);
        await _stream.DisposeAsync();
        await base.DisposeAsync();
    }
}

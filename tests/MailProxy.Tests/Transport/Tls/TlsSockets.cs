using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Testing;
using MailProxy.Transport;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.Tls;

/// <summary>TLS between an SslStream and one of the managed transport's connections, over real sockets.</summary>
internal sealed class TlsSockets : IAsyncDisposable
{
    private readonly RelayedSockets _sockets;

    private TlsSockets(RelayedSockets sockets) => _sockets = sockets;

    /// <summary>The client of a test asks only what is shown.</summary>
    public static RemoteCertificateValidationCallback AcceptAny { get; } = (_, certificate, _, _) => certificate is not null;

    public static TimeSpan Deadline => RelayedSockets.Deadline;

    public RelayedSockets Sockets => _sockets;

    /// <summary>The peer's end.</summary>
    public SslStream Peer { get; private set; } = null!;

    public static async Task<TlsSockets> ConnectAsync() => new(await RelayedSockets.ConnectAsync());

    public static TlsKeyPair Pair(TestCertificate certificate, params X509Certificate2[] intermediates) =>
        new("data:" + certificate.Pem + string.Concat(intermediates.Select(one => one.ExportCertificatePem() + "\n")), "data:" + certificate.KeyPem);

    /// <summary>A client's handshake with us.</summary>
    public async Task<TlsSession> AcceptAsync(TlsServerOptions options, SslClientAuthenticationOptions? client = null)
    {
        using var cancel = new CancellationTokenSource(Deadline);
        Peer = new SslStream(new NetworkStream(_sockets.Client));
        client ??= new SslClientAuthenticationOptions { TargetHost = "localhost" };
        client.RemoteCertificateValidationCallback = AcceptAny;
        var feature = _sockets.FromClient.Features.Get<ITlsFeature>()!;
        var accepting = feature.AuthenticateAsServerAsync(TlsEngine.Managed.CreateServerContext(options), cancel.Token).AsTask();
        var connecting = Peer.AuthenticateAsClientAsync(client, cancel.Token);
        var session = await accepting;
        await connecting;
        Assert.Same(session, feature.Session);
        return session;
    }

    /// <summary>Our handshake with a server.</summary>
    public async Task<TlsSession> DialAsync(TlsClientOptions options, TlsTarget target, SslServerAuthenticationOptions server)
    {
        using var cancel = new CancellationTokenSource(Deadline);
        Peer = new SslStream(new NetworkStream(_sockets.Upstream));
        var accepting = Peer.AuthenticateAsServerAsync(server, cancel.Token);
        var feature = _sockets.ToUpstream.Features.Get<ITlsFeature>()!;
        var session = await feature.AuthenticateAsClientAsync(TlsEngine.Managed.CreateClientContext(options), target, cancel.Token);
        await accepting;
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        if (Peer is not null) await Peer.DisposeAsync();
        await _sockets.DisposeAsync();
    }
}

using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Transport;
using MailProxy.Transport.Sockets;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Transport.OpenSsl;

/// <summary>An echo over TLS on an epoll loop.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TlsServerContext _context;
    private EpollServer _server = null!;

    private TlsServer(TlsServerContext context) => _context = context;

    /// <summary>What handshakes came to: sessions' facts, or why there is none.</summary>
    public BlockingCollection<string> Handshakes { get; } = [];

    public BlockingCollection<TlsPeerCertificate?> Certificates { get; } = [];

    public EpollServer Server => _server;

    public static Task<TlsServer> StartAsync(TlsServerOptions options, int? buffer = null) => StartAsync(TlsEngine.OpenSsl.CreateServerContext(options), buffer);

    public static async Task<TlsServer> StartAsync(TlsServerContext context, int? buffer = null)
    {
        var server = new TlsServer(context);
        var socket = new ListenSocket { EndPoint = RelayedSockets.Address(AddressFamily.InterNetwork), ReceiveBuffer = buffer, SendBuffer = buffer };
        server._server = await EpollServer.StartAsync(server.HandleAsync, loops: 1, socket);
        return server;
    }

    /// <summary>A client that trusts whatever it sees, unless told otherwise.</summary>
    public async Task<SslStream> ConnectAsync(SslClientAuthenticationOptions? options = null)
    {
        var socket = await _server.ConnectAsync();
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
        options ??= new SslClientAuthenticationOptions { TargetHost = "localhost" };
        options.RemoteCertificateValidationCallback ??= (_, certificate, _, _) => certificate is not null;
        await stream.AuthenticateAsClientAsync(options).WaitAsync(Deadline);
        return stream;
    }

    /// <summary>The certificate that a client of this name is shown.</summary>
    public async Task<string> NameShownToAsync(string name, SslProtocols protocol = SslProtocols.None)
    {
        await using var client = await ConnectAsync(new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = protocol });
        using var certificate = X509CertificateLoader.LoadCertificate(client.RemoteCertificate!.Export(X509ContentType.Cert));
        return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }

    public string NextHandshake() => Handshakes.TryTake(out var text, Deadline) ? text : throw new TimeoutException("no handshake");

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Handshakes.Dispose();
        Certificates.Dispose();
    }

    private async Task HandleAsync(ConnectionContext connection)
    {
        try
        {
            using var limit = new CancellationTokenSource(Deadline);
            var session = await connection.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsServerAsync(_context, limit.Token);
            Certificates.Add(session.ReadPeerCertificate());
            Handshakes.Add($"{session.Protocol} {session.Cipher} sni={session.ServerName} alpn={session.ApplicationProtocol} resumed={session.IsResumed} verify={session.Verification.Code}:{session.Verification.Text}");
        }
        catch (TlsException exception)
        {
            Handshakes.Add($"{exception.Failure}: {exception.Message}");
            return;
        }

        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync();
            foreach (var piece in read.Buffer) await output.WriteAsync(piece);
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }
}

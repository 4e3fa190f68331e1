using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Transport;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Tests.Authentication;

/// <summary>Connections over plain sockets that can become TLS, with the system's trust or one root of the test's own.</summary>
internal sealed class SocketTestFactory(X509Certificate2? trusted = null) : IConnectionFactory
{
    private int _disposed;
    private int _made;

    /// <summary>How many connections were made.</summary>
    public int Made => _made;

    /// <summary>How many of them were disposed.</summary>
    public int Disposed => _disposed;

    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var protocol = endpoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, protocol);
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        Interlocked.Increment(ref _made);
        return new SocketConnection(new NetworkStream(socket, ownsSocket: true), trusted, () => Interlocked.Increment(ref _disposed));
    }

    private sealed class SocketConnection : DefaultConnectionContext, ITlsFeature
    {
        private readonly Action _onDisposed;
        private readonly X509Certificate2? _trusted;
        private Stream _stream;

        public SocketConnection(Stream stream, X509Certificate2? trusted, Action onDisposed)
        {
            _stream = stream;
            _trusted = trusted;
            _onDisposed = onDisposed;
            Transport = new Duplex(stream);
            Features.Set<ITlsFeature>(this);
        }

        public async ValueTask AuthenticateAsClientAsync(TlsClientOptions options, CancellationToken cancellationToken)
        {
            var tls = new SslStream(_stream);
            _stream = tls;
            var settings = new SslClientAuthenticationOptions { TargetHost = options.TargetHost };
            if (_trusted is not null)
            {
                settings.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                settings.CertificateChainPolicy.CustomTrustStore.Add(_trusted);
            }

            await tls.AuthenticateAsClientAsync(settings, cancellationToken);
            Transport = new Duplex(tls);
        }

        // The base would cancel a token source that DisposeAsync has disposed by then.
        public override void Abort(ConnectionAbortedException abortReason) => _stream.Dispose();

        public override async ValueTask DisposeAsync()
        {
            await _stream.DisposeAsync();
            await base.DisposeAsync();
            _onDisposed();
        }
    }

    private sealed class Duplex(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream);

        public PipeWriter Output { get; } = PipeWriter.Create(stream);
    }
}

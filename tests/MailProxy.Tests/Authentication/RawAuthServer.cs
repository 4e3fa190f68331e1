using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MailProxy.Tests.Authentication;

/// <summary>An auth server that shows the exact bytes it was sent and answers whatever the test says, on TCP or a unix socket.</summary>
internal sealed class RawAuthServer : IAsyncDisposable
{
    public const string Accept = "HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: 143\r\n\r\n";

    private readonly X509Certificate2? _certificate;
    private readonly Socket _listener;
    private readonly Task _serving;
    private readonly CancellationTokenSource _stop = new();

    private RawAuthServer(EndPoint endPoint, X509Certificate2? certificate, Func<Peer, Task> script)
    {
        _certificate = certificate;
        var protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        _listener.Bind(endPoint);
        _listener.Listen();
        _serving = ServeAsync(script);
    }

    /// <summary>The whole requests, in Latin-1, so that every byte is one character.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Reads each request and answers <paramref name="answer"/>.</summary>
    public static RawAuthServer Answering(string answer) => Running(async peer =>
    {
        await peer.ReadRequestAsync();
        await peer.WriteAsync(answer);
    });

    public static RawAuthServer Running(Func<Peer, Task> script, X509Certificate2? certificate = null) =>
        new(new IPEndPoint(IPAddress.Loopback, 0), certificate, script);

    public static RawAuthServer OnUnixSocket(string path, string answer) => new(new UnixDomainSocketEndPoint(path), null, async peer =>
    {
        await peer.ReadRequestAsync();
        await peer.WriteAsync(answer);
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving.WaitAsync(TimeSpan.FromSeconds(10));
        _stop.Dispose();
    }

    private async Task ServeAsync(Func<Peer, Task> script)
    {
        var peers = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                peers.Add(ServeAsync(socket, script));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }

        await Task.WhenAll(peers);
    }

    private async Task ServeAsync(Socket socket, Func<Peer, Task> script)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await ServeOneAsync(stream, script);
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeOneAsync(Stream stream, Func<Peer, Task> script)
    {
        try
        {
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                stream = tls;
            }

            await script(new Peer(stream, Requests, _stop.Token));
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The proxy closed first, which is its right.
        }
    }

    internal sealed class Peer(Stream stream, ConcurrentQueue<string> requests, CancellationToken stopped)
    {
        public CancellationToken Stopped => stopped;

        /// <returns>False where the proxy closed instead.</returns>
        public async Task<bool> ReadRequestAsync()
        {
            var text = new StringBuilder();
            var buffer = new byte[4096];
            while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                var count = await stream.ReadAsync(buffer, stopped);
                if (count == 0) break;
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }

            if (text.Length == 0) return false;
            requests.Enqueue(text.ToString());
            return true;
        }

        public async Task WriteAsync(string text)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text), stopped);
            await stream.FlushAsync(stopped);
        }

        /// <summary>Returns once the proxy has closed its side.</summary>
        public async Task WaitForCloseAsync()
        {
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer, stopped) > 0)
            {
            }
        }
    }
}

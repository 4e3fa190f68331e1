using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailProxy.Testing;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>
/// One end of a connection that a test speaks for. Text is Latin-1, so that every byte is one character. Every wait has an
/// end, and says what had come by then.
/// </summary>
internal sealed class Peer(Socket socket) : IDisposable
{
    private readonly StringBuilder _received = new();
    private int _taken;
    private SslStream? _tls;

    /// <summary>How long a read waits.</summary>
    public TimeSpan Limit { get; set; } = Patience.Usual;

    /// <summary>Everything that was read from the socket so far.</summary>
    public string Received => _received.ToString();

    /// <summary>The other side has ended the connection, or broken it.</summary>
    public bool Ended { get; private set; }

    public Socket Socket => socket;

    public static async Task<Peer> ConnectAsync(EndPoint endPoint)
    {
        var protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        if (protocol == ProtocolType.Tcp) socket.NoDelay = true;
        await socket.ConnectAsync(endPoint).WithinAsync($"a connection to {endPoint}");
        return new Peer(socket);
    }

    public static Task<Peer> ConnectAsync(int port) => ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>Waits until somebody listens on this port.</summary>
    public static Task WaitForListenerAsync(int port) => Patience.UntilAsync(() => IsListening(new IPEndPoint(IPAddress.Loopback, port)), () => $"a listener on port {port}");

    /// <summary>Whether a connection can be made, which is then closed.</summary>
    public static bool IsListening(EndPoint endPoint)
    {
        var protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        try
        {
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Begins TLS, in place.</summary>
    /// <returns>The server's certificate.</returns>
    public async Task<X509Certificate2> BeginTlsAsync(SslClientAuthenticationOptions options)
    {
        _tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await _tls.AuthenticateAsClientAsync(options).WithinAsync("the end of the handshake", Limit);
        return X509CertificateLoader.LoadCertificate(_tls.RemoteCertificate!.GetRawCertData());
    }

    public async Task SendAsync(string text)
    {
        try
        {
            await SendAsync(Encoding.Latin1.GetBytes(text));
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            // The other side is gone: the next read tells.
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_tls is not null)
        {
            await _tls.WriteAsync(bytes).AsTask().WithinAsync("the other side to read", Limit);
            return;
        }

        while (!bytes.IsEmpty)
        {
            var count = await socket.SendAsync(bytes).AsTask().WithinAsync("the other side to read", Limit);
            bytes = bytes[count..];
        }
    }

    /// <summary>The next line with its end, or what there is of it when the connection ends.</summary>
    public async Task<string> ReadLineAsync()
    {
        var from = _taken;
        while (true)
        {
            for (; from < _received.Length; from++)
            {
                if (_received[from] == '\n') return Take(from + 1 - _taken);
            }

            if (!await FillAsync("a line")) return Take(_received.Length - _taken);
        }
    }

    /// <summary>The next bytes, fewer when the connection ends.</summary>
    public async Task<string> ReadAsync(int count)
    {
        while (_received.Length - _taken < count && await FillAsync($"{count} bytes"))
        {
        }

        return Take(Math.Min(count, _received.Length - _taken));
    }

    /// <summary>What comes until the connection ends.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await FillAsync("the end"))
        {
        }

        return Take(_received.Length - _taken);
    }

    /// <summary>Reads the next line and checks it.</summary>
    public async Task ExpectAsync(string line) => Assert.Equal(line + "\r\n", await ReadLineAsync());

    /// <summary>Sends a line and returns the next one that comes.</summary>
    public async Task<string> AskAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return (await ReadLineAsync()).TrimEnd('\r', '\n');
    }

    public void ShutdownSend()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The other side was first.
        }
    }

    /// <summary>Ends the connection by RST.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private string Take(int count)
    {
        var text = _received.ToString(_taken, count);
        _taken += count;
        return text;
    }

    private async Task<bool> FillAsync(string what)
    {
        if (Ended) return false;
        var buffer = new byte[16384];
        int count;
        using var deadline = new CancellationTokenSource(Limit, TimeProvider.System);
        try
        {
            count = _tls is null ? await socket.ReceiveAsync(buffer, deadline.Token) : await _tls.ReadAsync(buffer, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            var tail = Received[Math.Max(_received.Length - 500, 0)..];
            throw new TimeoutException($"Waited {Limit.TotalSeconds} s for {what}; the last that came: {Transcript.Printable(tail)}");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            count = 0;
        }

        _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        Ended = count == 0;
        return !Ended;
    }
}

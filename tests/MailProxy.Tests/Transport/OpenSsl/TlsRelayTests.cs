using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Transport;
using MailProxy.Transport.Features;
using MailProxy.Transport.Sockets;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Transport.OpenSsl;

/// <summary>The relay where one side or both speak TLS.</summary>
public sealed class TlsRelayTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;

    private readonly Authority _authority = new();

    public static TheoryData<bool, bool, int?, int> Sides => new()
    {
        { true, false, null, 20 * Megabyte },
        { false, true, null, 20 * Megabyte },
        { true, true, null, 20 * Megabyte },
        { true, true, 16 * 1024, 5 * Megabyte },
        { true, false, 2304, Megabyte },
    };

    [Theory, MemberData(nameof(Sides))]
    public async Task Every_byte_arrives_both_ways_at_once(bool client, bool upstream, int? buffer, int size)
    {
        await using var relay = await StartAsync(client, upstream, buffer);
        var (atClient, atUpstream) = (relay.Client, relay.Upstream);
        var sending = Task.WhenAll(SendAsync(atClient, 1, size), SendAsync(atUpstream, 2, size));
        await Task.WhenAll(ReceiveAsync(atClient, 2, size), ReceiveAsync(atUpstream, 1, size)).WaitAsync(TlsServer.Deadline);
        await sending;
        await EndAsync(atUpstream);
        Assert.Equal(0, await atClient.ReadAsync(new byte[1]).AsTask().WaitAsync(TlsServer.Deadline));
        Assert.Equal(new RelayResult(RelayEnd.UpstreamClosed, size, size), await relay.Result.WaitAsync(TlsServer.Deadline));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_client_that_has_ended_its_side_still_gets_the_answer(bool client, bool upstream)
    {
        await using var relay = await StartAsync(client, upstream, null);
        await relay.Client.WriteAsync(Pattern.At(1, 0, 6));
        await EndAsync(relay.Client);
        await ReceiveAsync(relay.Upstream, 1, 6);
        Assert.Equal(0, await relay.Upstream.ReadAsync(new byte[1]).AsTask().WaitAsync(TlsServer.Deadline));
        await SendAsync(relay.Upstream, 2, 9);
        await EndAsync(relay.Upstream);
        await ReceiveAsync(relay.Client, 2, 9);
        Assert.Equal(new RelayResult(RelayEnd.ClientClosed, 6, 9), await relay.Result.WaitAsync(TlsServer.Deadline));
    }

    [Fact]
    public async Task An_upstream_that_is_faster_than_its_client_loses_nothing()
    {
        await using var relay = await StartAsync(true, true, 32 * 1024);
        const int size = 3 * Megabyte;
        var sending = SendAsync(relay.Upstream, 2, size);
        await ReceiveAsync(relay.Client, 2, size).WaitAsync(TlsServer.Deadline);
        await sending;
    }

    [Fact]
    public async Task What_an_upstream_sent_before_it_closed_is_delivered_whole()
    {
        await using var relay = await StartAsync(true, false, 32 * 1024);
        const int size = 3 * Megabyte;
        var receiving = ReceiveAsync(relay.Client, 2, size);
        await SendAsync(relay.Upstream, 2, size);
        await EndAsync(relay.Upstream);
        await receiving.WaitAsync(TlsServer.Deadline);
        Assert.Equal(RelayEnd.UpstreamClosed, (await relay.Result.WaitAsync(TlsServer.Deadline)).End);
    }

    [Fact]
    public async Task The_last_bytes_and_the_goodbye_are_one_segment()
    {
        await using var relay = await StartAsync(true, false, null);
        var before = relay.ClientSocket.DataSegmentsIn();
        await SayLastAsync(relay);
        Assert.Equal(1, relay.ClientSocket.DataSegmentsIn() - before);
    }

    [Fact]
    public async Task The_last_bytes_and_the_end_are_one_segment()
    {
        // A loop that is not run for 200 ms between the two would make two of them.
        for (var i = 0; ; i++)
        {
            await using var relay = await StartAsync(false, false, null);
            var before = relay.ClientSocket.SegmentsIn();
            await SayLastAsync(relay);
            var segments = relay.ClientSocket.SegmentsIn() - before;
            if (segments == 1) return;
            Assert.True(i < 10, $"{segments} segments, ten times");
        }
    }

    [Fact]
    public async Task A_broken_record_is_the_clients_error()
    {
        await using var relay = await StartAsync(true, false, null);
        await relay.ClientSocket.SendAsync((byte[])[0x17, 3, 3, 0, 32, .. new byte[32]]);
        var result = await relay.Result.WaitAsync(TlsServer.Deadline);
        Assert.Equal(RelayEnd.ClientError, result.End);
        Assert.Equal("SSL_read() failed (SSL: error:0A000119:SSL routines::decryption failed or bad record mac)", result.Error?.Message);
    }

    public void Dispose() => _authority.Dispose();

    private static async Task SayLastAsync(Relay relay)
    {
        await ((NetworkStream)relay.Upstream).Socket.SayLastAsync("* BYE\r\n");
        using var reader = new StreamReader(relay.Client, leaveOpen: true);
        Assert.Equal("* BYE\r\n", await reader.ReadToEndAsync().WaitAsync(TlsServer.Deadline));
        Assert.Equal(new RelayResult(RelayEnd.UpstreamClosed, 0, 7), await relay.Result.WaitAsync(TlsServer.Deadline));
    }

    private static async Task EndAsync(Stream stream)
    {
        if (stream is SslStream tls) await tls.ShutdownAsync();
        else ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task SendAsync(Stream stream, int pattern, int size)
    {
        await Task.Yield();
        for (var sent = 0; sent < size; sent += 100_000) await stream.WriteAsync(Pattern.At(pattern, sent, Math.Min(100_000, size - sent)));
    }

    private static async Task ReceiveAsync(Stream stream, int pattern, int size)
    {
        await Task.Yield();
        var chunk = new byte[70_000];
        for (var received = 0; received < size;)
        {
            var count = await stream.ReadAsync(chunk.AsMemory(0, Math.Min(chunk.Length, size - received)));
            Assert.NotEqual(0, count);
            Pattern.Verify(pattern, received, chunk.AsSpan(0, count));
            received += count;
        }
    }

    private async Task<Relay> StartAsync(bool protectsClient, bool protectsUpstream, int? buffer)
    {
        var pair = _authority.Issue(["localhost"]);
        var server = TlsEngine.OpenSsl.CreateServerContext(new TlsServerOptions { Certificates = [pair] });
        var client = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions { TrustedCertificate = _authority.Root });
        var upstreams = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (buffer is { } bytes) (upstreams.ReceiveBufferSize, upstreams.SendBufferSize) = (bytes, bytes);
        upstreams.Bind(RelayedSockets.Address(AddressFamily.InterNetwork));
        upstreams.Listen();
        var result = new TaskCompletionSource<RelayResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        EpollServer? epoll = null;
        epoll = await EpollServer.StartAsync(HandleAsync, 1, new ListenSocket { EndPoint = RelayedSockets.Address(AddressFamily.InterNetwork), ReceiveBuffer = buffer, SendBuffer = buffer });

        var socket = await epoll.ConnectAsync();
        Stream clientStream = new NetworkStream(socket, ownsSocket: true);
        if (protectsClient)
        {
            var tls = new SslStream(clientStream, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
            await tls.AuthenticateAsClientAsync("localhost").WaitAsync(TlsServer.Deadline);
            clientStream = tls;
        }

        Stream upstreamStream = new NetworkStream(await upstreams.AcceptAsync().WaitAsync(TlsServer.Deadline), ownsSocket: true);
        if (protectsUpstream)
        {
            using var pem = X509Certificate2.CreateFromPem(pair.Certificate.AsSpan("data:".Length), pair.Key.AsSpan("data:".Length));
            var tls = new SslStream(upstreamStream);
            await tls.AuthenticateAsServerAsync(X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)).WaitAsync(TlsServer.Deadline);
            upstreamStream = tls;
        }

        return new Relay(epoll, upstreams, socket, clientStream, upstreamStream, result.Task);

        async Task HandleAsync(ConnectionContext connection)
        {
            if (protectsClient) await connection.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsServerAsync(server, CancellationToken.None);
            await using var upstream = await epoll!.Transport.ConnectAsync(upstreams.LocalEndPoint!);
            if (protectsUpstream) await upstream.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsClientAsync(client, new TlsTarget("localhost", true, "x"), CancellationToken.None);
            result.SetResult(await connection.Features.GetRequiredFeature<IRelayFeature>().RelayAsync(upstream, RelayedSockets.Options, CancellationToken.None));
        }
    }

    private sealed record Relay(EpollServer Server, Socket Upstreams, Socket ClientSocket, Stream Client, Stream Upstream, Task<RelayResult> Result) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Upstream.DisposeAsync();
            Upstreams.Dispose();
            await Server.DisposeAsync();
        }
    }
}

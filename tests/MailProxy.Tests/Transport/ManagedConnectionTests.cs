using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailProxy.Transport;
using MailProxy.Transport.Features;
using MailProxy.Transport.Managed;
using MailProxy.Transport.Sockets;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Tests.Transport;

public sealed class ManagedConnectionTests
{
    private static readonly TimeSpan Deadline = RelayedSockets.Deadline;

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    [InlineData(AddressFamily.Unix)]
    public async Task It_knows_its_addresses_and_talks(AddressFamily family)
    {
        await using var pair = await ConnectAsync(family);
        await pair.Connection.Transport.Output.WriteAsync("hello"u8.ToArray());
        await pair.Server.ExpectAsync("hello");
        await pair.Server.SayAsync("world");
        Assert.Equal("world", await ReadAsync(pair.Connection));
        Assert.Equal(pair.Server.LocalEndPoint, pair.Connection.RemoteEndPoint);
        if (family != AddressFamily.Unix) Assert.Equal(pair.Server.RemoteEndPoint, pair.Connection.LocalEndPoint);
    }

    [Fact]
    public async Task An_ipv4_address_in_ipv6_form_is_reached()
    {
        using var listener = Listen(AddressFamily.InterNetwork);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        await using var connection = await new ManagedConnectionFactory().ConnectAsync(new IPEndPoint(IPAddress.Loopback.MapToIPv6(), port));
        Assert.NotNull(connection.LocalEndPoint);
    }

    [Fact]
    public async Task A_refused_connection_has_the_systems_error()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(RelayedSockets.Address(AddressFamily.InterNetwork));                  // and does not listen
        var error = await Assert.ThrowsAsync<SocketException>(() => new ManagedConnectionFactory().ConnectAsync(silent.LocalEndPoint!).AsTask().WaitAsync(Deadline));
        Assert.Equal(111, error.NativeErrorCode);
    }

    [Fact]
    public async Task A_unix_socket_that_does_not_exist_has_the_systems_error()
    {
        var error = await Assert.ThrowsAsync<SocketException>(() => new ManagedConnectionFactory().ConnectAsync(RelayedSockets.Address(AddressFamily.Unix)).AsTask().WaitAsync(Deadline));
        Assert.Equal(2, error.NativeErrorCode);
    }

    [Fact]
    public async Task The_last_descriptors_are_not_used_up()
    {
        using var listener = Listen(AddressFamily.InterNetwork);
        var factory = new ManagedConnectionFactory { Descriptors = new DescriptorReserve(() => 8) };
        var error = await Assert.ThrowsAsync<SocketException>(() => factory.ConnectAsync(listener.LocalEndPoint!).AsTask().WaitAsync(Deadline));
        Assert.Equal(24, error.NativeErrorCode);
    }

    [Fact]
    public async Task Connecting_can_be_cancelled()
    {
        // A listener whose queue is full answers no further SYN.
        using var listener = Listen(AddressFamily.InterNetwork, backlog: 0);
        using var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await waiting.ConnectAsync(listener.LocalEndPoint!).WaitAsync(Deadline);
        using var cancel = new CancellationTokenSource();
        var connecting = new ManagedConnectionFactory().ConnectAsync(listener.LocalEndPoint!, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Half_a_close_leaves_the_other_half_open()
    {
        await using var pair = await ConnectAsync();
        await pair.Connection.Transport.Output.WriteAsync("QUIT"u8.ToArray());
        pair.Connection.Features.Get<IHalfCloseFeature>()!.ShutdownSend();
        await pair.Server.ExpectAsync("QUIT");
        await pair.Server.ExpectEndAsync();
        await pair.Server.SayAsync("bye");
        Assert.Equal("bye", await ReadAsync(pair.Connection));
    }

    [Fact]
    public async Task A_peer_that_is_gone_is_no_obstacle_to_half_a_close()
    {
        await using var pair = await ConnectAsync();
        pair.Server.Reset();
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(pair.Connection));
        pair.Connection.Features.Get<IHalfCloseFeature>()!.ShutdownSend();
        await pair.Connection.DisposeAsync();
        pair.Connection.Features.Get<IHalfCloseFeature>()!.ShutdownSend();
    }

    [Fact]
    public async Task Disposing_delivers_what_was_flushed_though_a_read_was_pending()
    {
        await using var pair = await ConnectAsync();
        var reading = pair.Connection.Transport.Input.ReadAsync().AsTask();
        await pair.Connection.Transport.Output.WriteAsync(new byte[100_000]);
        pair.Connection.Transport.Input.CancelPendingRead();
        Assert.True((await reading.WaitAsync(Deadline)).IsCanceled);
        await pair.Connection.DisposeAsync().AsTask().WaitAsync(Deadline);
        Assert.Equal(100_000, (await pair.Server.ReceiveRandomAsync(1)).Count);
    }

    [Fact]
    public async Task Disposing_does_not_wait_for_a_peer_that_reads_nothing()
    {
        await using var pair = await ConnectAsync();
        var flushing = pair.Connection.Transport.Output.WriteAsync(new byte[20_000_000]).AsTask();
        Assert.False(flushing.IsCompleted);
        pair.Connection.Transport.Output.CancelPendingFlush();
        Assert.True((await flushing.WaitAsync(Deadline)).IsCanceled);
        await pair.Connection.DisposeAsync().AsTask().WaitAsync(Deadline);
    }

    [Fact]
    public async Task Aborting_resets()
    {
        await using var pair = await ConnectAsync();
        pair.Connection.Abort();
        var error = await Assert.ThrowsAsync<SocketException>(() => pair.Server.ReceiveAsync(new byte[1]).WaitAsync(Deadline));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Closing_twice_or_after_an_abort_touches_no_other_descriptor()
    {
        await using var first = await ConnectAsync();
        first.Connection.Abort();
        await using var second = await ConnectAsync();        // likely has the number that has just become free
        first.Connection.Abort();
        await first.Connection.DisposeAsync();
        await first.Connection.DisposeAsync();
        await second.Server.SayAsync("still here");
        Assert.Equal("still here", await ReadAsync(second.Connection));
    }

    [Theory]
    [InlineData("mail.example.org", "mail.example.org", true, null)]
    [InlineData("mail.example.org", "other.example.org", true, "certificate does not match \"other.example.org\"")]
    [InlineData("mail.example.org", "mail.example.org", false, "certificate verify error: ")]
    public async Task A_server_must_show_a_certificate_that_is_trusted_and_names_it(string certified, string expected, bool trusted, string? refusal)
    {
        using var certificate = SelfSigned.For(certified);
        await using var pair = await ConnectAsync();
        using var server = new SslStream(new NetworkStream(pair.Server));
        var accepting = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate });
        var connecting = AuthenticateAsync(pair, expected, trusted ? certificate : null).AsTask();
        if (refusal is not null)
        {
            var error = await Assert.ThrowsAsync<TlsException>(() => connecting.WaitAsync(Deadline));
            Assert.StartsWith(refusal, error.Message, StringComparison.Ordinal);
            await pair.Connection.DisposeAsync();
            return;
        }

        await connecting.WaitAsync(Deadline);
        await accepting.WaitAsync(Deadline);
        Assert.Equal(expected, server.TargetHostName);        // SNI
        await pair.Connection.Transport.Output.WriteAsync("secret"u8.ToArray());
        var received = new byte[6];
        await server.ReadExactlyAsync(received).AsTask().WaitAsync(Deadline);
        Assert.Equal("secret", Encoding.ASCII.GetString(received));
        await server.WriteAsync("answer"u8.ToArray());
        Assert.Equal("answer", await ReadAsync(pair.Connection));

        // An end without close_notify would be an error here.
        await pair.Connection.DisposeAsync();
        Assert.Equal(0, await server.ReadAsync(received).AsTask().WaitAsync(Deadline));
    }

    [Fact]
    public async Task Half_a_close_over_tls_says_so_and_leaves_the_other_half_open()
    {
        using var certificate = SelfSigned.For("localhost");
        await using var pair = await ConnectAsync();
        using var server = new SslStream(new NetworkStream(pair.Server));
        var accepting = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate });
        await AuthenticateAsync(pair, "localhost", certificate).AsTask().WaitAsync(Deadline);
        await accepting.WaitAsync(Deadline);
        pair.Connection.Features.Get<IHalfCloseFeature>()!.ShutdownSend();
        Assert.Equal(0, await server.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline));
        await server.WriteAsync("bye"u8.ToArray());
        Assert.Equal("bye", await ReadAsync(pair.Connection));
    }

    [Fact]
    public async Task A_server_that_speaks_no_tls_fails_the_handshake_in_words()
    {
        await using var pair = await ConnectAsync();
        var connecting = AuthenticateAsync(pair).AsTask();
        await pair.Server.SayAsync("220 mail.example.org ESMTP\r\n");
        var error = await Assert.ThrowsAsync<TlsException>(() => connecting.WaitAsync(Deadline));
        Assert.DoesNotContain("inner exception", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_goes_within_the_handshake_is_an_io_error()
    {
        await using var pair = await ConnectAsync();
        var connecting = AuthenticateAsync(pair).AsTask();
        pair.Server.Shutdown(SocketShutdown.Send);
        await Assert.ThrowsAnyAsync<IOException>(() => connecting.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_handshake_can_be_cancelled()
    {
        await using var pair = await ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var connecting = AuthenticateAsync(pair, cancellationToken: cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Deadline));
    }

    private static ValueTask<TlsSession> AuthenticateAsync(
        Pair pair, string name = "localhost", X509Certificate2? trusted = null, CancellationToken cancellationToken = default)
    {
        var options = new TlsClientOptions { TrustedCertificate = trusted is null ? null : "data:" + trusted.ExportCertificatePem() };
        var context = TlsEngine.Managed.CreateClientContext(options);
        return pair.Connection.Features.Get<ITlsFeature>()!.AuthenticateAsClientAsync(context, new TlsTarget(name, SendName: true, name), cancellationToken);
    }

    private static async Task<Pair> ConnectAsync(AddressFamily family = AddressFamily.InterNetwork)
    {
        using var cancel = new CancellationTokenSource(Deadline);
        using var listener = Listen(family);
        var connection = await new ManagedConnectionFactory().ConnectAsync(listener.LocalEndPoint!, cancel.Token);
        return new Pair(connection, await listener.AcceptAsync(cancel.Token));
    }

    private static Socket Listen(AddressFamily family, int backlog = 10)
    {
        var listener = new Socket(family, SocketType.Stream, family == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        listener.Bind(RelayedSockets.Address(family));
        listener.Listen(backlog);
        return listener;
    }

    private static async Task<string> ReadAsync(ConnectionContext connection)
    {
        using var cancel = new CancellationTokenSource(Deadline);
        var result = await connection.Transport.Input.ReadAsync(cancel.Token);
        var text = EncodingExtensions.GetString(Encoding.Latin1, result.Buffer);
        connection.Transport.Input.AdvanceTo(result.Buffer.End);
        return text;
    }

    private sealed record Pair(ConnectionContext Connection, Socket Server) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Server.Dispose();
            await Connection.DisposeAsync();
        }
    }
}

using System.Buffers;
using System.Net.Sockets;
using System.Text;
using MailProxy.Tests.Configuration;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Transport;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Tests.Transport.OpenSsl;

/// <summary>The OpenSSL engine as a client of itself: whom it trusts, and what is resumed.</summary>
public sealed class OpenSslClientTests : IDisposable
{
    private readonly Authority _authority = new();

    public static TheoryData<string[], int, bool, string, string?> Servers => new()
    {
        { ["mail.example.org"], 10, true, "mail.example.org", null },
        { ["*.example.org"], 10, true, "mail.example.org", null },
        { ["127.0.0.1"], 10, true, "127.0.0.1", null },
        { ["127.0.0.1"], 10, true, "127.0.0.2", "Name: certificate does not match \"127.0.0.2\"" },
        { ["mail.example.org"], 10, true, "other.example.org", "Name: certificate does not match \"other.example.org\"" },
        { ["mail.example.org"], -1, true, "mail.example.org", "Verification: certificate verify error: (10:certificate has expired)" },
        { ["mail.example.org"], 10, false, "mail.example.org", "Verification: certificate verify error: (20:unable to get local issuer certificate)" },
    };

    [Theory, MemberData(nameof(Servers))]
    public async Task A_server_must_be_whom_we_expect(string[] names, int days, bool trusted, string expected, string? refusal)
    {
        await using var server = await TlsServer.StartAsync(new TlsServerOptions { Certificates = [_authority.Issue(names, days: days)] });
        using var other = new Authority("Other CA");
        var context = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions { TrustedCertificate = (trusted ? _authority : other).Root });
        await using var connection = await server.Server.Transport.ConnectAsync(server.Server.Address);
        var failure = await FailureAsync(() => AuthenticateAsync(connection, context, expected));
        Assert.Equal(refusal, failure);
        if (failure is not null) return;
        Assert.Contains($"sni={(char.IsAsciiDigit(expected[0]) ? "" : expected)} ", server.NextHandshake(), StringComparison.Ordinal);
        Assert.Equal("hello", await EchoAsync(connection, "hello"));
    }

    [Fact]
    public async Task A_server_that_is_not_verified_may_be_anybody()
    {
        await using var server = await TlsServer.StartAsync(new TlsServerOptions { Certificates = [_authority.Issue(["x"], days: -1)] });
        var context = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions { Verify = false });
        await using var connection = await server.Server.Transport.ConnectAsync(server.Server.Address);
        var session = await AuthenticateAsync(connection, context, "anything");
        Assert.Equal(20, session.Verification.Code);
        Assert.Equal("hello", await EchoAsync(connection, "hello"));
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_fails_the_handshake()
    {
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            await connection.Transport.Output.WriteAsync("220 mail.example.org ESMTP\r\n"u8.ToArray());
            await connection.Transport.Input.ReadAsync();
        });
        var context = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions());
        await using var connection = await server.Transport.ConnectAsync(server.Address);
        Assert.Equal("Handshake: SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number)", await FailureAsync(() => AuthenticateAsync(connection, context, "x")));
    }

    [Fact]
    public async Task A_server_that_goes_within_the_handshake_has_closed_it()
    {
        await using var server = await EpollServer.StartAsync(_ => Task.CompletedTask);
        var context = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions());
        await using var connection = await server.Transport.ConnectAsync(server.Address);
        Assert.StartsWith("Closed: ", await FailureAsync(() => AuthenticateAsync(connection, context, "x")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_can_be_cancelled_and_aborted()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(RelayedSockets.Address(AddressFamily.InterNetwork));
        listener.Listen();
        await using var server = await EpollServer.StartAsync(_ => Task.CompletedTask);
        var context = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions());
        await using var cancelled = await server.Transport.ConnectAsync(listener.LocalEndPoint!);
        using var cancel = new CancellationTokenSource();
        var handshake = AuthenticateAsync(cancelled, context, "x", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handshake.WaitAsync(TlsServer.Deadline));
        await Task.Yield();

        await using var aborted = await server.Transport.ConnectAsync(listener.LocalEndPoint!);
        handshake = AuthenticateAsync(aborted, context, "x");
        aborted.Abort();
        Assert.Equal("Closed: peer closed connection in SSL handshake", await FailureAsync(() => handshake));
    }

    [Theory]
    [InlineData("TLSv1.2", "none", true, true)]
    [InlineData("TLSv1.3", "none", true, true)]
    [InlineData("TLSv1.2", "none", false, false)]
    [InlineData("TLSv1.3", "none", false, false)]
    [InlineData("TLSv1.2", "builtin", false, true)]
    [InlineData("TLSv1.3", "builtin", false, true)]
    [InlineData("TLSv1.2", "shared:a:1m", false, true)]
    [InlineData("TLSv1.3", "shared:b:1m", false, true)]
    [InlineData("TLSv1.2", "off", false, false)]
    public async Task A_session_is_resumed_where_the_server_lets_it(string protocol, string cache, bool tickets, bool resumed)
    {
        var options = new TlsServerOptions { Certificates = [_authority.Issue(["localhost"])], Protocols = [protocol], SessionCache = Values.SessionCache(cache), SessionTickets = tickets };
        var first = TlsEngine.OpenSsl.CreateServerContext(options);
        await using var server = await TlsServer.StartAsync(first);
        var context = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions { TrustedCertificate = _authority.Root });
        Assert.False(await IsResumedAsync(server, context));
        Assert.Equal(resumed, await IsResumedAsync(server, context));
        Assert.Equal(resumed, await IsResumedAsync(server, context));

        // What takes over goes on with it, where OpenSSL itself does not hold the sessions.
        await using var next = await TlsServer.StartAsync(TlsEngine.OpenSsl.CreateServerContext(options, first));
        Assert.Equal(resumed && cache != "builtin", await IsResumedAsync(next, context));
        var unused = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions { TrustedCertificate = _authority.Root, SessionReuse = false });
        Assert.False(await IsResumedAsync(server, unused));
        Assert.False(await IsResumedAsync(server, unused));
    }

    [Theory]
    [InlineData(48)]
    [InlineData(80)]
    public async Task Tickets_of_a_key_file_are_good_at_another_server_until_the_file_is_dropped(int size)
    {
        var folder = Directory.CreateTempSubdirectory("mailproxy-tickets-").FullName;
        var (old, current) = (Path.Combine(folder, "old"), Path.Combine(folder, "current"));
        await File.WriteAllBytesAsync(old, Enumerable.Range(0, size).Select(i => (byte)i).ToArray());
        await File.WriteAllBytesAsync(current, Enumerable.Range(100, size).Select(i => (byte)i).ToArray());
        var options = new TlsServerOptions { Certificates = [_authority.Issue(["localhost"])] };
        await using var before = await TlsServer.StartAsync(options with { SessionTicketKeys = [old] });
        await using var rotated = await TlsServer.StartAsync(options with { SessionTicketKeys = [current, old] });
        await using var after = await TlsServer.StartAsync(options with { SessionTicketKeys = [current] });
        var context = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions { TrustedCertificate = _authority.Root });
        Assert.False(await IsResumedAsync(before, context));
        Assert.True(await IsResumedAsync(rotated, context));
        Assert.True(await IsResumedAsync(after, context));         // with the ticket that the rotated server gave
        Assert.False(await IsResumedAsync(before, context));       // which the first cannot read
    }

    public void Dispose() => _authority.Dispose();

    private static async Task<bool> IsResumedAsync(TlsServer server, TlsClientContext context)
    {
        await using var connection = await server.Server.Transport.ConnectAsync(server.Server.Address);
        var session = await AuthenticateAsync(connection, context, "localhost");
        Assert.Equal("x", await EchoAsync(connection, "x"));       // TLS 1.3 sends its tickets behind the handshake
        Assert.Contains($"resumed={session.IsResumed} ", server.NextHandshake(), StringComparison.Ordinal);
        var isResumed = session.IsResumed;
        await Task.Yield();
        return isResumed;
    }

    private static async Task<TlsSession> AuthenticateAsync(ConnectionContext connection, TlsClientContext context, string name, CancellationToken cancellationToken = default)
    {
        var feature = connection.Features.Get<ITlsFeature>()!;
        var session = await feature.AuthenticateAsClientAsync(context, new TlsTarget(name, SendName: true, name), cancellationToken).AsTask().WaitAsync(TlsServer.Deadline, CancellationToken.None);
        await Task.Yield();
        return session;
    }

    private static async Task<string?> FailureAsync(Func<Task<TlsSession>> handshake)
    {
        try
        {
            await handshake();
            return null;
        }
        catch (TlsException exception)
        {
            return $"{exception.Failure}: {exception.Message}";
        }
        finally
        {
            await Task.Yield();
        }
    }

    private static async Task<string> EchoAsync(ConnectionContext connection, string text)
    {
        await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(text));
        var read = await connection.Transport.Input.ReadAsync().AsTask().WaitAsync(TlsServer.Deadline);
        var echo = Encoding.ASCII.GetString(read.Buffer.ToArray());
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
        await Task.Yield();
        return echo;
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Authentication;
using MailProxy.Transport;
using MailProxy.Transport.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Authentication;

public sealed class AuthHttpClientTests
{
    private readonly CountedConnections _connections = new();
    private readonly RecordingLogger _log = new();

    [Fact]
    public async Task The_bytes_of_the_request_are_exactly_nginxs()
    {
        await using var server = RawAuthServer.Answering(RawAuthServer.Accept);
        var result = await AskAsync(Attempts.Make(_log, url: $"http://127.0.0.1:{server.Port}/a", login: "u\u00e9 %", secret: "p\0\u00ff"));
        Assert.Equal(AuthStatus.Accepted, result.Status);
        Assert.Equal(
            "GET /a HTTP/1.0\r\nHost: 127.0.0.1\r\nAuth-Method: plain\r\nAuth-User: u\u00e9%20%25\r\nAuth-Pass: p%00\u00ff\r\n" +
            "Auth-Protocol: imap\r\nAuth-Login-Attempt: 1\r\nClient-IP: 127.0.0.1\r\n\r\n",
            Assert.Single(server.Requests));
    }

    [Fact]
    public async Task Every_attempt_has_a_connection_of_its_own_that_is_closed()
    {
        await using var server = RawAuthServer.Answering(RawAuthServer.Accept);
        var request = Attempts.Make(_log, url: $"localhost:{server.Port}");
        var client = new AuthHttpClient(_connections, TimeProvider.System);
        Assert.Same(await client.ResolveAsync(request.Options, CancellationToken.None), await client.ResolveAsync(request.Options, CancellationToken.None));
        for (var attempt = 0; attempt < 3; attempt++) await client.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
        Assert.Equal((3, 3, 3), (server.Requests.Count, _connections.Made, _connections.Disposed));
        Assert.All(server.Requests, text => Assert.StartsWith("GET / HTTP/1.0\r\nHost: localhost\r\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_connection_is_closed_at_the_blank_line_though_a_body_would_follow()
    {
        var closed = new TaskCompletionSource();
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            await peer.WriteAsync(RawAuthServer.Accept);
            await peer.WaitForCloseAsync();
            closed.SetResult();
        });
        Assert.Equal(AuthStatus.Accepted, (await AskAsync(To(server))).Status);
        await closed.Task.WaitAsync(Attempts.Deadline);
    }

    [Fact]
    public async Task An_answer_may_come_byte_by_byte()
    {
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            foreach (var c in RawAuthServer.Accept) await peer.WriteAsync(c.ToString());
        });
        Assert.Equal("127.0.0.1:143", (await AskAsync(To(server))).Upstream!.ToString());
    }

    [Fact]
    public async Task An_answer_before_the_question_counts()
    {
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.WriteAsync(RawAuthServer.Accept);
            await peer.WaitForCloseAsync();
        });
        Assert.Equal(AuthStatus.Accepted, (await AskAsync(To(server))).Status);
    }

    [Fact]
    public async Task A_unix_socket_is_asked_as_localhost()
    {
        var directory = Directory.CreateTempSubdirectory("auth");
        try
        {
            var path = Path.Combine(directory.FullName, "s");
            await using var server = RawAuthServer.OnUnixSocket(path, RawAuthServer.Accept);
            Assert.Equal(AuthStatus.Accepted, (await AskAsync(Attempts.Make(_log, url: $"unix:{path}:/auth"))).Status);
            Assert.StartsWith("GET /auth HTTP/1.0\r\nHost: localhost\r\nAuth-Method", Assert.Single(server.Requests), StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_missing_unix_socket_is_critical()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await AssertUnavailableAsync(Attempts.Make(_log, url: $"unix:{path}"), $"connect() to unix:{path} failed (2: No such file or directory)", LogLevel.Critical);
    }

    [Fact]
    public async Task A_unix_socket_that_nobody_serves_refuses_at_once()
    {
        var directory = Directory.CreateTempSubdirectory("auth");
        try
        {
            var path = Path.Combine(directory.FullName, "s");
            using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            silent.Bind(new UnixDomainSocketEndPoint(path));
            await AssertUnavailableAsync(Attempts.Make(_log, url: $"unix:{path}"), $"connect() to unix:{path} failed (111: Connection refused)");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_refused_connection_reads_as_in_nginx()
    {
        using var unused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await AssertUnavailableAsync(
            Attempts.Make(_log, url: unused.LocalEndPoint!.ToString()!), "recv() failed (111: Connection refused)");
    }

    [Fact]
    public async Task A_500_without_headers_did_not_send_server_or_port()
    {
        await using var server = RawAuthServer.Answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
        await AssertUnavailableAsync(To(server), $"auth http server 127.0.0.1:{server.Port} did not send server or port");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\rx", "sent invalid response")]
    [InlineData("HTTP/1.1 200 OK\r\n folded\r\n\r\n", "sent invalid header in response")]
    [InlineData("HTTP/1.1 200 OK\r\nAuth-User: a\0b\r\n\r\n", "sent invalid header in response")]
    public async Task A_broken_answer_is_logged_while_the_server_still_holds_the_connection(string answer, string message)
    {
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            await peer.WriteAsync(answer);
            await peer.WaitForCloseAsync();
        });
        await AssertUnavailableAsync(To(server), $"auth http server 127.0.0.1:{server.Port} {message}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nAuth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: 143\r\n")]
    public async Task A_server_that_closes_before_the_blank_line_leaves_no_error(string answer)
    {
        await using var server = RawAuthServer.Answering(answer);
        await AssertUnavailableAsync(To(server), null);
    }

    [Fact]
    public async Task Ten_megabytes_without_a_line_end_are_cut_off()
    {
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            var chunk = new string('x', 65536);
            for (var sent = 0; sent < 10 * 1024 * 1024; sent += chunk.Length) await peer.WriteAsync(chunk);
        });
        await AssertUnavailableAsync(To(server), null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nAuth-Status: OK\r\n")]
    public async Task One_timer_runs_from_the_connect_and_data_does_not_restart_it(string answer)
    {
        var asked = new TaskCompletionSource();
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            await peer.WriteAsync(answer);
            asked.SetResult();
            await peer.WaitForCloseAsync();
        });
        var time = new FakeTimeProvider();
        var asking = new AuthHttpClient(_connections, time).AuthenticateAsync(To(server), CancellationToken.None).AsTask();
        await asked.Task.WaitAsync(Attempts.Deadline);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(asking.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthStatus.Unavailable, (await asking.WaitAsync(Attempts.Deadline)).Status);
        Assert.Equal((LogLevel.Error, $"auth http server 127.0.0.1:{server.Port} timed out (110: Connection timed out)"), Assert.Single(_log.Errors));
        Assert.Equal(1, _connections.Disposed);
    }

    [Fact]
    public async Task A_closing_session_takes_its_request_with_it_without_a_word()
    {
        var asked = new TaskCompletionSource();
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            asked.SetResult();
            await peer.WaitForCloseAsync();
        });
        using var closing = new CancellationTokenSource();
        var asking = new AuthHttpClient(_connections, TimeProvider.System).AuthenticateAsync(To(server), closing.Token).AsTask();
        await asked.Task.WaitAsync(Attempts.Deadline);
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(Attempts.Deadline));
        Assert.Empty(_log.All);
        Assert.Equal(1, _connections.Disposed);
    }

    [Fact]
    public async Task What_would_break_a_header_is_never_sent()
    {
        await using var server = RawAuthServer.Answering(RawAuthServer.Accept);
        var envelope = new SmtpEnvelope("h\0"u8.ToArray(), "MAIL FROM:<a>"u8.ToArray(), "RCPT TO:<b>"u8.ToArray());
        await AssertUnavailableAsync(
            Attempts.Make(_log, url: $"127.0.0.1:{server.Port}", protocol: "smtp", method: AuthMethod.None, envelope: envelope),
            "auth http request not sent: Auth-SMTP-Helo would carry a CR, LF or NUL");
        Assert.Empty(server.Requests);
        Assert.Equal(0, _connections.Made);
    }

    [Fact]
    public async Task An_address_that_cannot_be_used_is_logged() =>
        await AssertUnavailableAsync(Attempts.Make(_log, url: "no-such-host.invalid/a"), "host not found in auth_http \"no-such-host.invalid/a\"");

    [Fact]
    public async Task Https_is_asked_over_tls_with_a_certificate_that_is_trusted()
    {
        using var certificate = SelfSigned.For("localhost");
        await using var server = RawAuthServer.Running(TalkAsync, certificate);
        var client = new AuthHttpClient(new CountedConnections(), TimeProvider.System) { CreateTls = () => Trusting(certificate) };
        var request = Attempts.Make(_log, url: string.Create(CultureInfo.InvariantCulture, $"https://localhost:{server.Port}/a"));
        var result = await client.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
        Assert.Empty(_log.All);
        Assert.Equal(AuthStatus.Accepted, result.Status);
        Assert.StartsWith("GET /a HTTP/1.0\r\nHost: localhost\r\n", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost", false)]
    [InlineData("other.example", true)]
    public async Task A_wrong_certificate_gets_no_request(string name, bool trusted)
    {
        using var certificate = SelfSigned.For(name);
        await using var server = RawAuthServer.Running(TalkAsync, certificate);
        var client = new AuthHttpClient(new CountedConnections(), TimeProvider.System) { CreateTls = () => Trusting(trusted ? certificate : null) };
        var request = Attempts.Make(_log, url: $"https://localhost:{server.Port}/a");
        var result = await client.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
        Assert.Equal(AuthStatus.Unavailable, result.Status);
        Assert.StartsWith($"SSL handshake with auth http server 127.0.0.1:{server.Port} failed: ", Assert.Single(_log.Errors).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, text => text.Contains("Auth-User", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_closes_within_the_handshake_is_logged()
    {
        await using var server = RawAuthServer.Running(_ => Task.CompletedTask);
        var result = await AskAsync(Attempts.Make(_log, url: $"https://127.0.0.1:{server.Port}/"));
        Assert.Equal(AuthStatus.Unavailable, result.Status);
        Assert.Single(_log.Errors);
    }

    private static TlsClientContext Trusting(X509Certificate2? certificate) => TlsEngine.Managed.CreateClientContext(
        new TlsClientOptions { TrustedCertificate = certificate is null ? null : "data:" + certificate.ExportCertificatePem() });

    private static async Task TalkAsync(RawAuthServer.Peer peer)
    {
        await peer.ReadRequestAsync();
        await peer.WriteAsync(RawAuthServer.Accept);
    }

    private AuthRequest To(RawAuthServer server) => Attempts.Make(_log, url: $"127.0.0.1:{server.Port}/a");

    private async Task<AuthResult> AskAsync(AuthRequest request) =>
        await new AuthHttpClient(_connections, TimeProvider.System).AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);

    private async Task AssertUnavailableAsync(AuthRequest request, string? message, LogLevel level = LogLevel.Error)
    {
        Assert.Equal(AuthStatus.Unavailable, (await AskAsync(request)).Status);
        if (message is null) Assert.Empty(_log.Errors);
        else Assert.Equal((level, message), Assert.Single(_log.Errors));
        Assert.DoesNotContain(Attempts.Secret, _log.All, StringComparison.Ordinal);
        Assert.Equal(_connections.Made, _connections.Disposed);
    }
}

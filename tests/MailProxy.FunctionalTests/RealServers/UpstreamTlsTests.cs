using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>TLS from the proxy to Dovecot and Postfix.</summary>
public sealed class UpstreamTlsTests(MailServers servers)
{
    private static readonly string[] Protocols = ["imap", "pop3", "smtp"];
    private static readonly string[] Modes = ["on", "starttls"];

    private static readonly (string Directives, string Logged)[] Faults =
    [
        ("proxy_ssl_name expired.test;", "upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream"),
        ("proxy_ssl_name self.test;", "upstream SSL certificate verify error: (18:self-signed certificate) while SSL handshaking to upstream"),
        ("proxy_ssl_name wrong.test;", "upstream SSL certificate does not match \"wrong.test\" while SSL handshaking to upstream"),
    ];

    public static TheoryData<string, string> Ways => [.. from protocol in Protocols from mode in Modes select (protocol, mode)];

    public static TheoryData<string, string, string, string> Refusals =>
        [.. from protocol in Protocols from mode in Modes from fault in Faults select (protocol, mode, fault.Directives, fault.Logged)];

    private static bool IsManaged => Environment.GetEnvironmentVariable("PROXY_UNDER_TEST") == "managed";

    [Theory, MemberData(nameof(Ways))]
    public async Task A_session_goes_on_over_tls(string protocol, string mode)
    {
        foreach (var name in new[] { "", $"proxy_ssl_name {ServerCertificates.Good};" })
        {
            await using var front = await StartAsync(protocol, mode, $"proxy_ssl {mode}; {name}");
            var user = MailFront.NewUser();
            using var client = await LogInAsync(front.Port, protocol, user);
            Assert.StartsWith(protocol switch { "imap" => "a OK", "pop3" => "+OK", _ => "235" }, client.Last, StringComparison.Ordinal);
            await AssertProxiedAsync(client.Peer, protocol, user);
        }
    }

    [Theory, MemberData(nameof(Refusals))]
    public async Task An_upstream_that_is_not_whom_we_expect_gets_no_login(string protocol, string mode, string directives, string logged)
    {
        await using var front = await StartAsync(protocol, mode, $"proxy_ssl {mode}; {directives}");
        using var client = await LogInAsync(front.Port, protocol, MailFront.NewUser());
        Assert.Equal(InternalError(protocol), client.Last);
        await front.Proxy.WaitForLogAsync(logged);

        await using var careless = await StartAsync(protocol, mode, $"proxy_ssl {mode}; {directives} proxy_ssl_verify off;");
        using var other = await LogInAsync(careless.Port, protocol, MailFront.NewUser());
        Assert.NotEqual(InternalError(protocol), other.Last);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task A_revoked_certificate_is_refused(string protocol, string mode)
    {
        var directives = $"proxy_ssl {mode}; proxy_ssl_name revoked.test; proxy_ssl_crl {(await servers.DovecotAsync()).Certificates.RevocationList};";
        if (IsManaged)
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(protocol, mode, directives));
            Assert.Contains("\"proxy_ssl_crl\" needs \"transport linux\"", error.Message, StringComparison.Ordinal);
            return;
        }

        await using var front = await StartAsync(protocol, mode, directives);
        using var client = await LogInAsync(front.Port, protocol, MailFront.NewUser());
        Assert.Equal(InternalError(protocol), client.Last);
        await front.Proxy.WaitForLogAsync("upstream SSL certificate verify error: (23:certificate revoked) while SSL handshaking to upstream");
    }

    [Fact]
    public async Task The_auth_server_decides_for_a_session()
    {
        await using var front = await StartAsync("pop3", "starttls", "proxy_ssl off;", "Auth-Proxy-SSL: starttls");
        var user = MailFront.NewUser();
        using var client = await LogInAsync(front.Port, "pop3", user);
        Assert.StartsWith("+OK", client.Last, StringComparison.Ordinal);
        await AssertProxiedAsync(client.Peer, "pop3", user);

        await using var wrong = await StartAsync("pop3", "starttls", "", "Auth-Proxy-SSL: maybe");
        using var other = await LogInAsync(wrong.Port, "pop3", user);
        Assert.Equal(InternalError("pop3"), other.Last);
        await wrong.Proxy.WaitForLogAsync("sent invalid proxy SSL mode:\"maybe\" while in http auth state");
    }

    [Fact]
    public async Task Postfix_sees_the_proxys_certificate()
    {
        var certificates = (await servers.DovecotAsync()).Certificates;
        await using var front = await StartAsync(
            "smtp", "on", $"proxy_ssl on; proxy_ssl_certificate {certificates["client.test.pem"]}; proxy_ssl_certificate_key {certificates["client.test.key"]};");
        using var client = await LogInAsync(front.Port, "smtp", MailFront.NewUser());
        Assert.StartsWith("235", client.Last, StringComparison.Ordinal);
        await (await servers.PostfixAsync()).WaitForLogAsync(line => line.Contains("Trusted TLS connection established from", StringComparison.Ordinal), "a client's certificate");
    }

    [Theory]
    [InlineData("+OK up\r\n", "-ERR never heard of it\r\n", "upstream refused STARTTLS: \"-ERR never heard of it\"")]
    [InlineData("+OK up\r\n", "+OK go\r\n+OK injected\r\n", "upstream sent data behind its answer to STARTTLS")]
    [InlineData("+OK up\r\n", "+OK go\r\n", "peer closed connection in SSL handshake while SSL handshaking to upstream")]
    public async Task An_upstream_that_does_not_start_tls_gets_no_login(string greeting, string answer, string logged)
    {
        var said = "";
        await using var upstream = new PeerServer(async peer =>
        {
            await peer.SendAsync(greeting);
            said = await peer.ReadLineAsync();
            await peer.SendAsync(answer);
            peer.ShutdownSend();
            await peer.ReadToEndAsync();
        });
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; proxy_ssl starttls; server {{ listen 127.0.0.1:{port}; protocol pop3; }}");
        using var client = await LogInAsync(port, "pop3", "fred");
        Assert.Equal(InternalError("pop3"), client.Last);
        Assert.Equal("STLS\r\n", said);
        await proxy.WaitForLogAsync(logged);
        Assert.DoesNotContain("fred", string.Concat(upstream.Peers.Select(peer => peer.Received)), StringComparison.Ordinal);
    }

    private static string InternalError(string protocol) => protocol switch
    {
        "imap" => "a NO [UNAVAILABLE] internal server error",
        "pop3" => "-ERR [SYS/TEMP] internal server error",
        _ => "451 4.3.2 Internal server error",
    };

    private static async Task<LoggedIn> LogInAsync(int port, string protocol, string user)
    {
        var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        if (protocol == "imap") return new LoggedIn(client, await client.AskAsync($"a LOGIN {user} {ProxyServer.Secret}"));
        if (protocol == "smtp") return new LoggedIn(client, await client.AskAsync($"AUTH PLAIN {Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0{user}\0{ProxyServer.Secret}"))}"));
        await client.AskAsync($"USER {user}");
        return new LoggedIn(client, await client.AskAsync($"PASS {ProxyServer.Secret}"));
    }

    private async Task AssertProxiedAsync(Peer client, string protocol, string user)
    {
        if (protocol == "smtp")
        {
            Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
            await (await servers.PostfixAsync()).WaitForLogAsync(line => line.Contains("TLS connection established from", StringComparison.Ordinal), "TLS");
            return;
        }

        Assert.Contains("OK", await client.AskAsync(protocol == "imap" ? "b NOOP" : "NOOP"), StringComparison.Ordinal);
        await (await servers.DovecotAsync()).WaitForLogAsync(line => line.Contains($"user=<{user}>", StringComparison.Ordinal) && line.EndsWith("TLS", StringComparison.Ordinal), $"{user} over TLS");
    }

    private async Task<Front> StartAsync(string protocol, string mode, string directives, params string[] answer)
    {
        var dovecot = await servers.DovecotAsync();
        var upstream = (protocol, mode) switch
        {
            ("imap", "on") => dovecot.Imaps,
            ("imap", _) => dovecot.Imap,
            ("pop3", "on") => dovecot.Pop3s,
            ("pop3", _) => dovecot.Pop3,
            (_, "on") => (await servers.PostfixAsync()).Smtps,
            _ => (await servers.PostfixAsync()).Smtp,
        };
        var auth = AuthHttpServer.Answering(_ => AuthHttpServer.Accept(upstream, "127.0.0.1", answer));
        var port = FreePort.Take();
        try
        {
            var proxy = await ProxyServer.StartAsync(
                $"auth_http {auth.Url}; proxy_ssl_trusted_certificate {dovecot.Certificates.Authority}; {directives} server {{ listen 127.0.0.1:{port}; protocol {protocol}; }}");
            return new Front(proxy, auth, port);
        }
        catch
        {
            await auth.DisposeAsync();
            throw;
        }
    }

    private sealed record LoggedIn(Peer Peer, string Last) : IDisposable
    {
        public void Dispose() => Peer.Dispose();
    }

    private sealed record Front(ProxyServer Proxy, AuthHttpServer Auth, int Port) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Proxy.DisposeAsync();
            await Auth.DisposeAsync();
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MimeKit;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>Groups of real servers, without an auth server.</summary>
[Trait("Beyond", "nginx")]
public sealed class UpstreamGroupTests(MailServers servers)
{
    private const int Clients = 8;

    [Fact]
    public async Task Real_clients_log_in_by_every_protocol_and_the_upstream_decides()
    {
        var (dovecot, postfix) = (await servers.DovecotAsync(), await servers.PostfixAsync());
        int imap = FreePort.Take(), pop3 = FreePort.Take(), smtp = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            upstream imap { server 127.0.0.1:{{dovecot.Imap}}; }
            upstream pop3 { server localhost:{{dovecot.Pop3}}; }
            server { listen 127.0.0.1:{{imap}}; protocol imap; proxy_pass imap; }
            server { listen 127.0.0.1:{{pop3}}; protocol pop3; proxy_pass pop3; }
            server { listen 127.0.0.1:{{smtp}}; protocol smtp; proxy_pass localhost:{{postfix.Smtp}}; xclient off; smtp_auth plain login none; }
            """);
        var user = MailFront.NewUser();
        using (var client = new SmtpClient())
        {
            await client.ConnectAsync("127.0.0.1", smtp, SecureSocketOptions.None);
            await client.AuthenticateAsync(user, ProxyServer.Secret);
            await client.SendAsync(new MimeMessage([new MailboxAddress("", "a@example.org")], [new MailboxAddress("", user + "@example.org")], "by a group", new TextPart { Text = "hello" }));
            await client.DisconnectAsync(true);
        }

        using (var mx = await Peer.ConnectAsync(smtp))
        {
            await mx.ReadLineAsync();
            await mx.AskAsync("HELO mx.other.example");
            await mx.AskAsync("MAIL FROM:<b@other.example>");
            Assert.StartsWith("250 ", await mx.AskAsync($"RCPT TO:<{user}@example.org>"), StringComparison.Ordinal);
        }

        using (var client = new ImapClient())
        {
            await client.ConnectAsync("127.0.0.1", imap, SecureSocketOptions.None);
            var refused = await Assert.ThrowsAsync<AuthenticationException>(() => client.AuthenticateAsync(user, "wrong"));
            Assert.Contains("Authentication failed", refused.Message, StringComparison.Ordinal);
            await client.AuthenticateAsync(user, ProxyServer.Secret);
            await Patience.UntilAsync(async () => { await client.Inbox.OpenAsync(MailKit.FolderAccess.ReadOnly); await client.NoOpAsync(); return client.Inbox.Count == 1; }, () => "the message");
        }

        using (var client = new Pop3Client())
        {
            await client.ConnectAsync("127.0.0.1", pop3, SecureSocketOptions.None);
            await client.AuthenticateAsync(user, ProxyServer.Secret);
            Assert.Equal("by a group", (await client.GetMessageAsync(0)).Subject);
        }
    }

    [Fact]
    public async Task A_server_that_dies_under_load_loses_no_login_that_had_not_reached_it_and_gets_its_users_back()
    {
        await using var first = await DovecotServer.StartAsync();
        await using var second = await DovecotServer.StartAsync();
        await using var third = await DovecotServer.StartAsync();
        DovecotServer[] all = [first, second, third];
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            upstream pool {
                hash $auth_user consistent;
                {{string.Join('\n', all.Select(server => $"server 127.0.0.1:{server.Imap} fail_timeout=1s;"))}}
                health_check interval=200ms timeout=20s;
            }
            server { listen 127.0.0.1:{{port}}; protocol imap; proxy_pass pool; }
            """);

        await LoadAsync(port, 0, 90);
        await LoadAsync(port, 0, 90);
        // Dovecot writes its log beside its answers.
        await Patience.UntilAsync(() => all.Sum(server => Logins(server).Values.Sum()) >= 180, () => $"180 logins:\n{string.Join('\n', all.Select(server => server.Log))}");
        AssertPinned(all, 90);
        var victim = all.MinBy(server => Logins(server).Count)!;
        var users = Logins(victim).Select(login => login.Key).ToHashSet();

        var load = LoadAsync(port, 0, 240, isHurt: true);
        await victim.KillAsync();
        var failed = await load;
        // Only those that were under way there when it died, and each of them was told to come back.
        Assert.InRange(failed.Count, 0, Clients);
        Assert.All(failed, answer => Assert.Equal("a NO [UNAVAILABLE] Temporary server problem, try again later", answer));
        await proxy.WaitForLogAsync($"upstream server 127.0.0.1:{victim.Imap} of \"pool\" is unhealthy");
        await LoadAsync(port, 0, 90);

        var before = Logins(victim);
        await victim.BeginAsync();
        await proxy.WaitForLogAsync($"upstream server 127.0.0.1:{victim.Imap} of \"pool\" is healthy");
        await LoadAsync(port, 0, 90);
        await Patience.UntilAsync(() => users.All(user => Logins(victim).GetValueOrDefault(user) == before[user] + 1), () => $"the users to come back:\n{victim.Log}");
    }

    [Fact]
    public async Task With_all_servers_dead_clients_are_told_at_once_and_the_program_is_not_ready()
    {
        var port = FreePort.Take();
        var (dead, other) = (FreePort.Take(), FreePort.Take());
        await using var proxy = await ProxyServer.StartAsync($$"""
            upstream pool { server 127.0.0.1:{{dead}}; server 127.0.0.1:{{other}} backup; health_check interval=100ms; }
            server { listen 127.0.0.1:{{port}}; protocol pop3; proxy_pass pool; }
            """);
        await proxy.WaitForLogAsync("is unhealthy", times: 2);
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        await client.AskAsync("USER fred");
        Assert.Equal("-ERR [SYS/TEMP] Temporary server problem, try again later", await client.AskAsync("PASS " + ProxyServer.Secret));
        await proxy.WaitForLogAsync("no live upstreams while connecting to upstream");
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        var ready = await http.GetAsync(new Uri("/readyz?verbose", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        var detail = await ready.Content.ReadAsStringAsync();
        Assert.Contains("no server left in pool", detail, StringComparison.Ordinal);
        Assert.Contains($"\"pool 127.0.0.1:{dead}\":\"unhealthy: 111: Connection refused, 0 sessions\"", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_fails_in_tls_is_followed_by_the_next_and_servers_may_be_ipv6_and_unix_sockets()
    {
        var dovecot = await servers.DovecotAsync();
        using var directory = new TempDirectory("unix");
        await using var clear = new PeerServer(peer => peer.SendAsync("* OK in plain text\r\n"), new IPEndPoint(IPAddress.IPv6Loopback, 0));
        await using var silent = new PeerServer(endPoint: new UnixDomainSocketEndPoint(directory.Combine("imap")));
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            upstream pool {
                server [::1]:{{clear.Port}} weight=100;
                server unix:{{directory.Combine("imap")}} weight=10;
                server 127.0.0.1:{{dovecot.Imaps}};
                proxy_ssl on; proxy_ssl_trusted_certificate {{dovecot.Certificates.Authority}}; proxy_ssl_name {{ServerCertificates.Good}};
            }
            server { listen 127.0.0.1:{{port}}; protocol imap; proxy_pass pool; proxy_connect_timeout 5s; }
            """);
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        Assert.StartsWith("a OK", await client.AskAsync($"a LOGIN {MailFront.NewUser()} {ProxyServer.Secret}"), StringComparison.Ordinal);
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains($"mailproxy_upstream_failures_total{{upstream=\"pool\",server=\"[::1]:{clear.Port}\",reason=\"tls\"}} 1", metrics, StringComparison.Ordinal);
        Assert.Contains($"mailproxy_upstream_failures_total{{upstream=\"pool\",server=\"unix:{directory.Combine("imap")}\",reason=\"timeout\"}} 1", metrics, StringComparison.Ordinal);
        Assert.Contains($"mailproxy_upstream_server_sessions{{upstream=\"pool\",server=\"127.0.0.1:{dovecot.Imaps}\"}} 1", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("imap", "")]
    [InlineData("imap", "proxy_ssl on;")]
    [InlineData("imap", "proxy_ssl starttls;")]
    [InlineData("pop3", "")]
    [InlineData("pop3", "proxy_ssl on;")]
    [InlineData("pop3", "proxy_ssl starttls;")]
    [InlineData("smtp", "")]
    [InlineData("smtp", "proxy_ssl starttls;")]
    public async Task Health_checks_speak_the_protocol_with_the_groups_tls(string protocol, string tls)
    {
        var dovecot = await servers.DovecotAsync();
        var upstream = (protocol, tls) switch
        {
            ("imap", "proxy_ssl on;") => dovecot.Imaps,
            ("imap", _) => dovecot.Imap,
            ("pop3", "proxy_ssl on;") => dovecot.Pop3s,
            ("pop3", _) => dovecot.Pop3,
            _ => (await servers.PostfixAsync()).Smtp,
        };
        var port = FreePort.Take();
        string Configuration(string names) => $$"""
            upstream pool { server 127.0.0.1:{{upstream}}; health_check interval=100ms passes=2; {{tls}} {{(tls.Length == 0 ? "" : names)}} }
            server { listen 127.0.0.1:{{port}}; protocol {{protocol}}; proxy_pass pool; }
            """;
        var trusted = $"proxy_ssl_trusted_certificate {dovecot.Certificates.Authority}; proxy_ssl_name {ServerCertificates.Good};";
        // It is not trusted at first, so that there is a change to see.
        await using var proxy = await ProxyServer.StartAsync(Configuration("proxy_ssl_name nobody.test;"));
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        if (tls.Length > 0)
        {
            await proxy.WaitForLogAsync($"upstream server 127.0.0.1:{upstream} of \"pool\" is unhealthy");
            proxy.WriteConfiguration(Configuration(trusted));
            proxy.Process.Signal(Signals.HangUp);
            await proxy.WaitForLogAsync($"upstream server 127.0.0.1:{upstream} of \"pool\" is healthy");
        }

        await Peer.WaitForListenerAsync(proxy.Http.Port);
        await Patience.UntilAsync(async () => (await http.GetStringAsync(new Uri("/metrics", UriKind.Relative)))
            .Contains($"mailproxy_upstream_server_up{{upstream=\"pool\",server=\"127.0.0.1:{upstream}\"}} 1", StringComparison.Ordinal), () => proxy.Log);
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri("/readyz", UriKind.Relative)));
    }

    /// <summary>Logs users in, <see cref="Clients"/> at a time.</summary>
    /// <returns>The answers to logins that failed; none may where nothing is hurt.</returns>
    private static async Task<IReadOnlyCollection<string>> LoadAsync(int port, int first, int count, bool isHurt = false)
    {
        var users = new ConcurrentQueue<int>(Enumerable.Range(first, count).Select(i => i % 90));
        var failed = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (users.TryDequeue(out var user))
            {
                using var client = await Peer.ConnectAsync(port);
                await client.ReadLineAsync();
                var answer = await client.AskAsync(string.Create(CultureInfo.InvariantCulture, $"a LOGIN pinned{user} {ProxyServer.Secret}"));
                if (!answer.StartsWith("a OK", StringComparison.Ordinal)) failed.Add(answer);
            }
        }));
        if (!isHurt) Assert.Empty(failed);
        return failed;
    }

    /// <summary>Each user was twice at one server and never at another.</summary>
    private static void AssertPinned(DovecotServer[] all, int users)
    {
        var logins = all.Select(Logins).ToList();
        Assert.All(logins, server => Assert.NotEmpty(server));
        Assert.Equal(users, logins.Sum(server => server.Count));
        Assert.All(logins.SelectMany(server => server.Values), times => Assert.Equal(2, times));
    }

    private static Dictionary<string, int> Logins(DovecotServer server) => server.Log.Split('\n')
        .Where(line => line.Contains("imap-login: Info: Login: user=<", StringComparison.Ordinal))
        .Select(line => line.Split("user=<")[1].Split('>')[0])
        .CountBy(user => user).ToDictionary();
}

using System.Net;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MailProxy.Testing;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>Who the client is, from a balancer's PROXY header to the logs of the real servers.</summary>
public sealed class IdentityTests(MailServers servers)
{
    private const string Balanced = "PROXY TCP4 192.0.2.77 192.0.2.1 41234 143\r\n";

    [Fact]
    public async Task Postfix_logs_the_address_and_the_login_that_XCLIENT_carries()
    {
        var postfix = await servers.PostfixAsync();
        await using var auth = AuthHttpServer.SendingTo(postfix.Smtp);
        var (port, sender) = (FreePort.Take(), MailFront.NewUser());
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}};
            server { listen 127.0.0.1:{{port}} proxy_protocol; set_real_ip_from 127.0.0.1; protocol smtp; server_name mx.test; }
            """);
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync(Balanced);
        await client.ExpectAsync("220 mx.test ESMTP ready");
        await client.SendAsync("EHLO laptop.example\r\n");
        await client.ExpectAsync("250-mx.test");
        await client.ExpectAsync("250 AUTH PLAIN LOGIN");

        Assert.Equal("235 2.0.0 OK", await client.AskAsync($"AUTH PLAIN {Plain(sender)}"));
        Assert.StartsWith("250 2.1.0", await client.AskAsync("MAIL FROM:<sender@example.org>"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.1.5", await client.AskAsync($"RCPT TO:<{MailFront.NewUser()}@example.org>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.AskAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0", await client.AskAsync("Subject: x\r\n\r\nHello.\r\n."), StringComparison.Ordinal);

        await postfix.WaitForLogAsync(
            line => line.Contains("client=unknown[192.0.2.77]", StringComparison.Ordinal)
                && line.Contains($"sasl_method=XCLIENT, sasl_username={sender}", StringComparison.Ordinal),
            "the client's address and login");
    }

    [Fact]
    public async Task Postfix_logs_the_HELO_name_of_the_client()
    {
        var postfix = await servers.PostfixAsync();
        await using var auth = AuthHttpServer.SendingTo(postfix.Smtp);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}};
            server { listen 127.0.0.1:{{port}}; protocol smtp; server_name mx.test; smtp_auth none; }
            """);
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        Assert.Equal("250 mx.test", await client.AskAsync("HELO very.special.example"));
        Assert.Equal("250 2.0.0 OK", await client.AskAsync("MAIL FROM:<sender@example.org>"));
        Assert.StartsWith("554 5.7.1", await client.AskAsync("RCPT TO:<reader@elsewhere.example>"), StringComparison.Ordinal);

        await postfix.WaitForLogAsync(
            line => line.Contains("reject: RCPT", StringComparison.Ordinal) && line.Contains("helo=<very.special.example>", StringComparison.Ordinal),
            "the HELO name");
    }

    [Fact]
    public async Task Postfix_logs_the_name_that_reverse_DNS_has_found()
    {
        var postfix = await servers.PostfixAsync();
        await using var dns = new UdpDnsServer().WithPointer("1.0.0.127.in-addr.arpa", "laptop.example").WithAddress("laptop.example", "127.0.0.1");
        await using var auth = AuthHttpServer.SendingTo(postfix.Smtp);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}};
            resolver {{dns.EndPoint}} ipv6=off;
            server { listen 127.0.0.1:{{port}}; protocol smtp; server_name mx.test; smtp_auth none; }
            """);
        using var client = await Peer.ConnectAsync(port);
        await client.ExpectAsync("220 mx.test ESMTP ready");
        await client.AskAsync("MAIL FROM:<sender@example.org>");
        await client.AskAsync("RCPT TO:<reader@elsewhere.example>");

        await postfix.WaitForLogAsync(
            line => line.Contains("reject: RCPT from laptop.example[127.0.0.1]", StringComparison.Ordinal), "the client's name");
        Assert.Equal("laptop.example", Assert.Single(auth.Requests)["Client-Host"]);
    }

    [Fact]
    public async Task Dovecot_logs_the_address_that_PROXY_v1_carries()
    {
        var dovecot = await servers.DovecotAsync();
        var user = MailFront.NewUser();
        var local = await LogInThroughPop3Async(dovecot, user, "proxy_protocol on;");
        await dovecot.WaitForLogAsync(line => IsLogin(line, user, local), $"{user} from port {local.Port}");
    }

    [Fact, Trait("Beyond", "nginx 1.22")]
    public async Task Dovecot_logs_the_address_that_PROXY_v2_carries()
    {
        var dovecot = await servers.DovecotAsync();
        var user = MailFront.NewUser();
        var local = await LogInThroughPop3Async(dovecot, user, "proxy_protocol v2;");
        await dovecot.WaitForLogAsync(line => IsLogin(line, user, local), $"{user} from port {local.Port}");
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.99 192.0.2.1 41234 143\r\n", "192.0.2.99")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x62\xc0\0\x02\x01\xa1\x12\0\x8f", "192.0.2.98")]
    public async Task An_address_travels_from_one_PROXY_header_to_the_next(string header, string address)
    {
        var dovecot = await servers.DovecotAsync();
        await using var auth = AuthHttpServer.SendingTo(dovecot.ImapBehindProxy);
        var (port, user) = (FreePort.Take(), MailFront.NewUser());
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}};
            proxy_protocol on;
            server { listen 127.0.0.1:{{port}} proxy_protocol; set_real_ip_from 127.0.0.0/8; protocol imap; }
            """);
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync(header);
        await client.ExpectAsync("* OK IMAP4 ready");
        Assert.StartsWith("a1 OK", await client.AskAsync($"a1 LOGIN {user} {ProxyServer.Secret}"), StringComparison.Ordinal);

        await dovecot.WaitForLogAsync(
            line => line.Contains($"user=<{user}>", StringComparison.Ordinal) && line.Contains($"rip={address}", StringComparison.Ordinal),
            $"{user} from {address}");
        Assert.Equal(address, Assert.Single(auth.Requests)["Client-IP"]);
        await proxy.WaitForLogAsync($"client: {address}");
    }

    [Theory, Trait("Beyond", "nginx")]
    [InlineData("PROXY TCP4 192.0.2.99 192.0.2.1 41234 143\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x63\xc0\0\x02\x01\xa1\x12\0\x8f")]
    public async Task A_header_may_come_byte_by_byte(string header)
    {
        await using var auth = AuthHttpServer.Answering(_ => AuthHttpServer.Answer("Auth-Status: no"));
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}};
            server { listen 127.0.0.1:{{port}} proxy_protocol; set_real_ip_from 127.0.0.1; protocol imap; }
            """);
        using var client = await Peer.ConnectAsync(port);
        foreach (var character in header)
        {
            await client.SendAsync(character.ToString());
            await Task.Yield();
        }

        await client.ExpectAsync("* OK IMAP4 ready");
        await client.AskAsync("a1 LOGIN u p");
        Assert.Equal("192.0.2.99", Assert.Single(auth.Requests)["Client-IP"]);
    }

    private static bool IsLogin(string line, string user, IPEndPoint local) =>
        line.Contains($"user=<{user}>", StringComparison.Ordinal)
        && line.Contains($"rip=127.0.0.1, rport={local.Port},", StringComparison.Ordinal);

    private static string Plain(string user) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0{user}\0{ProxyServer.Secret}"));

    private static async Task<IPEndPoint> LogInThroughPop3Async(DovecotServer dovecot, string user, string directive)
    {
        await using var auth = AuthHttpServer.SendingTo(dovecot.Pop3BehindProxy);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}};
            {{directive}}
            server { listen 127.0.0.1:{{port}}; protocol pop3; }
            """);
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        await client.AskAsync($"USER {user}");
        Assert.StartsWith("+OK", await client.AskAsync($"PASS {ProxyServer.Secret}"), StringComparison.Ordinal);
        return (IPEndPoint)client.Socket.LocalEndPoint!;
    }
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>Real nginx asks our <c>/auth</c>, and connects to real servers where that sends it.</summary>
[Trait("Beyond", "nginx")]
public sealed class AuthEndpointTests(MailServers servers) : IAsyncLifetime
{
    private readonly TempDirectory _directory = new("users");
    private readonly int _imap = FreePort.Take();
    private readonly int _pop3 = FreePort.Take();
    private readonly int _smtp = FreePort.Take();
    private readonly int _mx = FreePort.Take();
    private readonly int _own = FreePort.Take();
    private ProxyServer _endpoint = null!;
    private ProxyServer _nginx = null!;

    public async ValueTask InitializeAsync()
    {
        var dovecot = await servers.DovecotAsync();
        var postfix = await servers.PostfixAsync();
        File.WriteAllText(_directory.Combine("users"), $$"""
            fred:{PLAIN}{{ProxyServer.Secret}}::::::upstream=$protocol
            anna:{PLAIN}another::::::upstream=$protocol user=anna-there pass={{ProxyServer.Secret}}
            lost:{PLAIN}{{ProxyServer.Secret}}::::::upstream=nowhere
            fred@example.org:::::::upstream=smtp

            """);
        _endpoint = await ProxyServer.StartAsync(new MailProxyServer(), $$"""
            passdb passwd-file {{_directory.Combine("users")}};
            auth_endpoint_key k3y;
            upstream imap { server 127.0.0.1:{{dovecot.Imap}}; }
            upstream pop3 { server 127.0.0.1:{{dovecot.Pop3}}; }
            upstream smtp { server 127.0.0.1:{{postfix.Smtp}}; }
            server { listen 127.0.0.1:{{_own}}; protocol imap; auth_http internal; }
            """);
        await Patience.UntilAsync(() => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, _endpoint.Http.Port)), () => "the HTTP side");
        _nginx = await ProxyServer.StartAsync(new NginxServer(), $$"""
            auth_http 127.0.0.1:{{_endpoint.Http.Port}}/auth; auth_http_header X-Auth-Key k3y;
            server_name mx.test;
            server { listen 127.0.0.1:{{_imap}}; protocol imap; imap_auth plain cram-md5; }
            server { listen 127.0.0.1:{{_pop3}}; protocol pop3; pop3_auth plain apop cram-md5; }
            server { listen 127.0.0.1:{{_smtp}}; protocol smtp; smtp_auth plain login cram-md5; }
            server { listen 127.0.0.1:{{_mx}}; protocol smtp; smtp_auth none; }
            """);
    }

    public async ValueTask DisposeAsync()
    {
        if (_nginx is not null) await _nginx.DisposeAsync();
        if (_endpoint is not null) await _endpoint.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Imap_logs_in_at_dovecot()
    {
        using var client = await ConnectAsync(_imap);
        Assert.Contains("OK", await client.AskAsync($"a1 LOGIN fred {ProxyServer.Secret}"), StringComparison.Ordinal);
        Assert.Contains("STATUS", await client.AskAsync("a2 STATUS INBOX (MESSAGES)"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Imap_cram_md5_gets_the_password_for_dovecot()
    {
        using var client = await ConnectAsync(_imap);
        var challenge = (await client.AskAsync("a1 AUTHENTICATE CRAM-MD5"))[2..];
        Assert.Contains("OK", await client.AskAsync(CramMd5("fred", challenge)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rewritten_login_and_password_are_used()
    {
        using var client = await ConnectAsync(_imap);
        Assert.Contains("OK", await client.AskAsync("a1 LOGIN anna another"), StringComparison.Ordinal);
        await (await servers.DovecotAsync()).WaitForLogAsync(line => line.Contains("user=<anna-there>", StringComparison.Ordinal), "the login of anna-there");
    }

    [Fact]
    public async Task A_wrong_password_may_be_tried_again_and_then_the_right_one()
    {
        using var client = await ConnectAsync(_imap);
        Assert.Equal("a1 NO [AUTHENTICATIONFAILED] Authentication failed", await client.AskAsync("a1 LOGIN fred wrong"));
        Assert.Contains("OK", await client.AskAsync($"a2 LOGIN fred {ProxyServer.Secret}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_that_does_not_exist_is_a_temporary_failure_and_no_wrong_password()
    {
        using var client = await ConnectAsync(_imap);
        Assert.Equal("a1 NO [UNAVAILABLE] Temporary server problem, try again later", await client.AskAsync($"a1 LOGIN lost {ProxyServer.Secret}"));
        await _endpoint.WaitForLogAsync("no server of \"nowhere\" can be used now, or there is none of that name, while user \"lost\" logs in");
    }

    [Fact]
    public async Task Pop3_logs_in_by_user_and_pass()
    {
        using var client = await ConnectAsync(_pop3);
        Assert.StartsWith("+OK", await client.AskAsync("USER fred"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await client.AskAsync($"PASS {ProxyServer.Secret}"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await client.AskAsync("STAT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pop3_logs_in_by_apop()
    {
        using var client = await Peer.ConnectAsync(_pop3);
        var greeting = await client.ReadLineAsync();
        var salt = greeting[greeting.IndexOf('<', StringComparison.Ordinal)..].TrimEnd();
#pragma warning disable CA5351 // APOP is MD5.
        var digest = Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes(salt + ProxyServer.Secret)));
#pragma warning restore CA5351
        Assert.StartsWith("+OK", await client.AskAsync($"APOP fred {digest}"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await client.AskAsync("STAT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Smtp_logs_in_and_a_wrong_password_has_its_code()
    {
        using var client = await ConnectAsync(_smtp);
        await client.AskAsync("HELO c");
        Assert.Equal("535 5.7.8 Authentication failed", await client.AskAsync($"AUTH PLAIN {Plain("fred", "wrong")}"));
        Assert.StartsWith("235", await client.AskAsync($"AUTH PLAIN {Plain("fred", ProxyServer.Secret)}"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.AskAsync("MAIL FROM:<fred@example.org>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Smtp_without_authentication_takes_mail_for_known_recipients_only()
    {
        using var client = await ConnectAsync(_mx);
        await client.AskAsync("HELO c");
        Assert.StartsWith("250", await client.AskAsync("MAIL FROM:<somebody@example.com>"), StringComparison.Ordinal);
        Assert.Equal("550 5.1.1 User unknown", await client.AskAsync("RCPT TO:<nobody@example.org>"));
        Assert.StartsWith("250", await client.AskAsync("RCPT TO:<fred@example.org>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Auth_http_internal_asks_the_same_users_without_a_hop()
    {
        using var client = new MailKit.Net.Imap.ImapClient();
        await client.ConnectAsync("127.0.0.1", _own, MailKit.Security.SecureSocketOptions.None);
        await client.AuthenticateAsync("fred", ProxyServer.Secret);
        await client.Inbox!.OpenAsync(MailKit.FolderAccess.ReadOnly);
        await client.DisconnectAsync(true);

        using var wrong = await ConnectAsync(_own);
        Assert.Equal("a1 NO [AUTHENTICATIONFAILED] Authentication failed", await wrong.AskAsync("a1 LOGIN fred wrong"));
        Assert.Equal("a2 NO [AUTHENTICATIONFAILED] Authentication failed", await wrong.AskAsync("a2 LOGIN nobody wrong"));
        using var http = new HttpClient { BaseAddress = _endpoint.Http };
        var metrics = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
        Assert.Contains("mailproxy_auth_requests_total{server=\"internal\",result=\"ok\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mailproxy_auth_requests_total{server=\"internal\",result=\"rejected\"} 2\n", metrics, StringComparison.Ordinal);
    }

    private static async Task<Peer> ConnectAsync(int port)
    {
        var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        return client;
    }

    private static string Plain(string login, string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{login}\0{password}"));

    private static string CramMd5(string login, string challenge)
    {
#pragma warning disable CA5351 // CRAM-MD5 is MD5.
        var digest = HMACMD5.HashData(Encoding.ASCII.GetBytes(ProxyServer.Secret), Convert.FromBase64String(challenge.Trim()));
#pragma warning restore CA5351
        return Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login} {Convert.ToHexStringLower(digest)}"));
    }
}

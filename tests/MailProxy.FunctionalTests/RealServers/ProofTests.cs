using System.Net;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>Where nobody checks a password but Postfix, a wrong one sends no mail. Postfix relays for whoever has logged in, and takes XCLIENT's word for it.</summary>
[Trait("Beyond", "nginx")]
public sealed class ProofTests(MailServers servers)
{
    [Theory]
    [InlineData("passdb static host=127.0.0.1 port={0};", "")]
    [InlineData("passdb static;", "proxy_pass 127.0.0.1:{0};")]
    [InlineData("passdb passwd-file {1} host=127.0.0.1 port={0};", "")]
    [InlineData("passdb static host=127.0.0.1 port={0};", "xclient off;")]
    [InlineData("passdb static host=127.0.0.1 port={0};", "smtp_auth login plain; proxy_smtp_auth on;")]
    public async Task A_wrong_password_sends_no_mail_through_postfix(string passdb, string server)
    {
        var postfix = await servers.PostfixAsync();
        using var directory = new TempDirectory("proof");
        var (port, user) = (FreePort.Take(), MailFront.NewUser());
        File.WriteAllText(directory.Combine("users"), $"{user}:::::::nopassword\n");
        await using var proxy = await ProxyServer.StartAsync(new MailProxyServer(), $$"""
            {{Fill(passdb)}}
            auth_http internal; server_name mx.test;
            server { listen 127.0.0.1:{{port}}; protocol smtp; {{Fill(server)}} }
            """);

        using (var thief = await HelloAsync(port))
        {
            Assert.StartsWith("535 5.7.8", await thief.AskAsync($"AUTH PLAIN {Plain(user, "wrong")}"), StringComparison.Ordinal);
            Assert.DoesNotContain("250", (await thief.AskAsync("MAIL FROM:<thief@example.org>"))[..3], StringComparison.Ordinal);
        }

        using var owner = await HelloAsync(port);
        Assert.StartsWith("535 5.7.8", await owner.AskAsync($"AUTH PLAIN {Plain(user, "wrong")}"), StringComparison.Ordinal);
        await SendAsync(owner, user);
        await postfix.WaitForLogAsync(line => line.Contains($"sasl_method=PLAIN, sasl_username={user}", StringComparison.Ordinal), "the owner's login");
        Assert.DoesNotContain(postfix.Log.Split('\n'), line => line.Contains("sasl_method=XCLIENT", StringComparison.Ordinal) && line.Contains(user, StringComparison.Ordinal));

        string Fill(string text) => text.Replace("{0}", $"{postfix.Smtp}", StringComparison.Ordinal).Replace("{1}", directory.Combine("users"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nginx_that_would_vouch_for_any_password_is_told_to_try_again_later()
    {
        var postfix = await servers.PostfixAsync();
        var (vouching, loggingIn) = (FreePort.Take(), FreePort.Take());
        var user = MailFront.NewUser();
        await using var endpoint = await ProxyServer.StartAsync(new MailProxyServer(), $$"""
            passdb static host=127.0.0.1 port={{postfix.Smtp}};
            auth_http internal;
            server { listen 127.0.0.1:{{FreePort.Take()}}; protocol imap; }
            """);
        await Patience.UntilAsync(() => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, endpoint.Http.Port)), () => "the HTTP side");
        await using var nginx = await ProxyServer.StartAsync(new NginxServer(), $$"""
            auth_http 127.0.0.1:{{endpoint.Http.Port}}/auth; server_name mx.test;
            server { listen 127.0.0.1:{{vouching}}; protocol smtp; smtp_auth plain; }
            server { listen 127.0.0.1:{{loggingIn}}; protocol smtp; smtp_auth plain; proxy_smtp_auth on; auth_http_header X-Auth-SMTP yes; }
            """);

        using (var any = await HelloAsync(vouching))
            Assert.StartsWith("451 4.3.0", await any.AskAsync($"AUTH PLAIN {Plain(user, ProxyServer.Secret)}"), StringComparison.Ordinal);
        await endpoint.WaitForLogAsync("does not say that it logs in at the upstream");
        using (var wrong = await HelloAsync(loggingIn))
            Assert.StartsWith("451", await wrong.AskAsync($"AUTH PLAIN {Plain(user, "wrong")}"), StringComparison.Ordinal);
        using var owner = await HelloAsync(loggingIn);
        await SendAsync(owner, user);
    }

    private static async Task SendAsync(Peer client, string user)
    {
        Assert.StartsWith("235", await client.AskAsync($"AUTH PLAIN {Plain(user, ProxyServer.Secret)}"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.AskAsync("MAIL FROM:<owner@example.org>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.AskAsync("RCPT TO:<reader@elsewhere.example>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.AskAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.AskAsync("Subject: x\r\n\r\nHello.\r\n."), StringComparison.Ordinal);
    }

    private static async Task<Peer> HelloAsync(int port)
    {
        var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        Assert.StartsWith("250", await client.AskAsync("HELO laptop.example"), StringComparison.Ordinal);
        return client;
    }

    private static string Plain(string login, string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{login}\0{password}"));
}

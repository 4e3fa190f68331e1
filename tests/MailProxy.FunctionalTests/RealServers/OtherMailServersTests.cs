using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>Logins through a group (<c>proxy_pass</c>), and the mail that follows, at servers that are neither Dovecot nor Postfix.</summary>
public sealed class OtherMailServersTests
{
    [Fact]
    public async Task Courier_takes_logins_by_IMAP_and_POP3()
    {
        await using var server = await OtherMailServers.CourierAsync();
        await LogInByImapAsync(server.Port, "");
        await LogInByPop3Async(server.Pop3, "");
    }

    [Fact]
    public async Task Cyrus_takes_logins_in_clear_text_and_behind_STARTTLS()
    {
        await using var server = await OtherMailServers.CyrusAsync();
        var tls = $"proxy_ssl starttls; proxy_ssl_trusted_certificate {server.Authority};";
        await LogInByImapAsync(server.ClearImap, "");
        await LogInByImapAsync(server.Port, tls);
        await LogInByPop3Async(server.Pop3, tls);
    }

    [Fact]
    public async Task Courier_whose_OK_lists_nothing_is_asked_for_a_client_that_has_asked()
    {
        await using var server = await OtherMailServers.CourierAsync();
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"server {{ listen 127.0.0.1:{port}; protocol imap; proxy_pass 127.0.0.1:{server.Port}; }}");
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        await client.SendAsync("a CAPABILITY\r\n");
        var ours = await ReadToAsync(client, "a OK ");
        await client.SendAsync($"b LOGIN {OtherMailServers.User} {ProxyServer.Secret}\r\n");
        var theirs = await ReadToAsync(client, "b OK ");
        Assert.DoesNotContain("IDLE", ours, StringComparison.Ordinal);
        Assert.Matches(@"^\* CAPABILITY [^\n]*\bIDLE\b", theirs);
        await client.SendAsync("c SELECT INBOX\r\n");
        await ReadToAsync(client, "c OK ");
    }

    [Fact]
    public async Task Cyrus_gets_no_password_in_clear_text_where_it_says_LOGINDISABLED()
    {
        await using var server = await OtherMailServers.CyrusAsync();
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"server {{ listen 127.0.0.1:{port}; protocol imap; proxy_pass 127.0.0.1:{server.Port}; }}");
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        await client.SendAsync($"a LOGIN {OtherMailServers.User} {ProxyServer.Secret}\r\n");
        await ReadToAsync(client, "a NO [UNAVAILABLE] ");
        await proxy.WaitForLogAsync("upstream says LOGINDISABLED (is \"proxy_ssl starttls\" missing?), the password is not sent");
    }

    [Fact]
    public async Task OpenSMTPD_takes_mail_though_it_knows_no_XCLIENT_and_no_second_EHLO()
    {
        await using var server = await OtherMailServers.OpenSmtpdAsync();
        await SendAsync(server, "smtp_auth none;");
    }

    [Fact]
    public async Task OpenSMTPD_gets_no_password_in_clear_text_where_it_offers_no_AUTH()
    {
        await using var server = await OtherMailServers.OpenSmtpdAsync();
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"server {{ listen 127.0.0.1:{port}; protocol smtp; proxy_pass 127.0.0.1:{server.Port}; }}");
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        Assert.StartsWith("451 ", await client.AskAsync(AuthPlain(ProxyServer.Secret)), StringComparison.Ordinal);
        await proxy.WaitForLogAsync("upstream offers neither AUTH PLAIN nor AUTH LOGIN (is \"proxy_ssl starttls\" missing?), the password is not sent");
    }

    [Fact]
    public async Task Exim_that_lists_only_LOGIN_gets_it()
    {
        await using var server = await OtherMailServers.EximAsync();
        await SendAsync(server, "", AuthPlain("wrong"), AuthPlain(ProxyServer.Secret));
    }

    private static string AuthPlain(string password) => $"AUTH PLAIN {Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"\0{OtherMailServers.User}\0{password}"))}";

    /// <summary>Sends a message, and waits until the server has put it where it belongs.</summary>
    /// <param name="server">The server.</param>
    /// <param name="directives">What the proxy's server says.</param>
    /// <param name="logins">The last is accepted, those before it are refused; none: nobody logs in.</param>
    private static async Task SendAsync(OtherMailServers server, string directives, params string[] logins)
    {
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"server {{ listen 127.0.0.1:{port}; protocol smtp; proxy_pass 127.0.0.1:{server.Port}; {directives} }}");
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        await client.SendAsync("EHLO client.test\r\n");
        while ((await client.ReadLineAsync()).StartsWith("250-", StringComparison.Ordinal))
        {
        }

        foreach (var login in logins)
        {
            var answer = await client.AskAsync(login);
            Assert.True(answer.StartsWith(login == logins[^1] ? "235 " : "535 ", StringComparison.Ordinal), $"{answer}\n{proxy.Log}\n{server.Printed}");
        }


        Assert.StartsWith("250 ", await client.AskAsync("MAIL FROM:<alice@example.org>"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync("RCPT TO:<bob@example.org>"), StringComparison.Ordinal);
        Assert.StartsWith("354 ", await client.AskAsync("DATA"), StringComparison.Ordinal);
        var subject = Guid.NewGuid().ToString();
        Assert.StartsWith("250 ", await client.AskAsync($"From: alice@example.org\r\nSubject: {subject}\r\n\r\nhi\r\n."), StringComparison.Ordinal);
        await Patience.UntilAsync(
            () => Directory.Exists(server.Mail) && Directory.GetFiles(server.Mail, "*", SearchOption.AllDirectories).Any(file => File.ReadAllText(file).Contains(subject, StringComparison.Ordinal)),
            () => $"the message in {server.Mail}: {server.Printed}");
    }

    private static async Task LogInByImapAsync(int upstream, string directives)
    {
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"server {{ listen 127.0.0.1:{port}; protocol imap; proxy_pass 127.0.0.1:{upstream}; {directives} }}");
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        await client.SendAsync($"a LOGIN {OtherMailServers.User} {ProxyServer.Secret}\r\n");
        await ReadToAsync(client, "a OK ");
        await client.SendAsync("b SELECT INBOX\r\n");
        await ReadToAsync(client, "b OK ");
    }

    /// <summary>Reads untagged lines up to one that must begin so.</summary>
    /// <returns>The untagged lines.</returns>
    private static async Task<string> ReadToAsync(Peer client, string tagged)
    {
        var untagged = "";
        while (true)
        {
            var line = await client.ReadLineAsync();
            if (!line.StartsWith("* ", StringComparison.Ordinal))
            {
                Assert.StartsWith(tagged, line, StringComparison.Ordinal);
                return untagged;
            }

            untagged += line;
        }
    }

    private static async Task LogInByPop3Async(int upstream, string directives)
    {
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"server {{ listen 127.0.0.1:{port}; protocol pop3; proxy_pass 127.0.0.1:{upstream}; {directives} }}");
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        Assert.StartsWith("+OK", await client.AskAsync($"USER {OtherMailServers.User}"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await client.AskAsync($"PASS {ProxyServer.Secret}"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await client.AskAsync("STAT"), StringComparison.Ordinal);
    }
}

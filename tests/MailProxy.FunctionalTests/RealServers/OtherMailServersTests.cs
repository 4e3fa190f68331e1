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
    private static async Task ReadToAsync(Peer client, string tagged)
    {
        string line;
        do line = await client.ReadLineAsync();
        while (line.StartsWith("* ", StringComparison.Ordinal));
        Assert.StartsWith(tagged, line, StringComparison.Ordinal);
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

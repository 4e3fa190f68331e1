using MailKit.Net.Imap;
using MailKit.Security;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

public sealed class LoginTests(MailServers servers)
{
    [Fact]
    public async Task MailKit_logs_in_by_IMAP_and_sees_an_empty_inbox()
    {
        var dovecot = await servers.DovecotAsync();
        await using var auth = AuthHttpServer.SendingTo(dovecot.Imap);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}};
            server { listen 127.0.0.1:{{port}}; protocol imap; }
            """);
        using var client = new ImapClient();
        await client.ConnectAsync("127.0.0.1", port, SecureSocketOptions.None);
        await client.AuthenticateAsync("alice", ProxyServer.Secret);
        await client.Inbox.OpenAsync(MailKit.FolderAccess.ReadOnly);
        Assert.Equal(0, client.Inbox.Count);
        await client.DisconnectAsync(true);
    }

    [Fact]
    public async Task Postfix_starts()
    {
        var postfix = await servers.PostfixAsync();
        using var peer = await Peer.ConnectAsync(postfix.Smtp);
        Assert.StartsWith("220 mx.test", await peer.ReadLineAsync(), StringComparison.Ordinal);
    }
}

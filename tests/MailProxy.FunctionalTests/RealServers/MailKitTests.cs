using System.Security.Cryptography;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Search;
using MailKit.Security;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MimeKit;

namespace MailProxy.FunctionalTests.RealServers;

public sealed class MailKitTests(MailServers servers)
{
    [Fact]
    public async Task A_user_lists_folders_and_fetches_what_was_appended()
    {
        await using var front = await MailFront.StartAsync(servers);
        using var client = await LogInByImapAsync(front, MailFront.NewUser());
        var inbox = client.Inbox!;
        await inbox.AppendAsync(Message("first"));
        await inbox.AppendAsync(Message("second"));
        var folder = await client.GetFolder(client.PersonalNamespaces[0]).CreateAsync("Archive", true);
        Assert.NotNull(folder);

        await inbox.OpenAsync(FolderAccess.ReadWrite);
        var found = await inbox.SearchAsync(SearchQuery.SubjectContains("second"));
        var message = await inbox.GetMessageAsync(Assert.Single(found));
        await inbox.MoveToAsync(found, folder);

        Assert.Equal("second", message.Subject);
        Assert.Equal(1, inbox.Count);
        await folder.OpenAsync(FolderAccess.ReadOnly);
        Assert.Equal(1, folder.Count);
        await client.DisconnectAsync(true);
    }

    [Fact]
    public async Task A_client_says_who_it_is_before_it_logs_in()
    {
        await using var front = await MailFront.StartAsync(servers, "imap_capabilities IMAP4rev1 ID LITERAL+;");
        using var client = new ImapClient();
        await client.ConnectAsync("127.0.0.1", front.Imap, SecureSocketOptions.None);
        Assert.Null(await client.IdentifyAsync(new ImapImplementation { Name = "a client", Version = "1 \"é\"" }));
        await client.AuthenticateAsync(MailFront.NewUser(), ProxyServer.Secret);
        Assert.True(client.IsAuthenticated);
        await client.DisconnectAsync(true);
    }

    [Fact]
    public async Task Twenty_megabytes_come_back_as_they_were_sent()
    {
        await using var front = await MailFront.StartAsync(servers);
        using var client = await LogInByImapAsync(front, MailFront.NewUser());
        var content = RandomNumberGenerator.GetBytes(20 << 20);
        var message = Message("large");
        message.Body = new MimePart("application", "octet-stream")
        {
            Content = new MimeContent(new MemoryStream(content)),
            ContentTransferEncoding = ContentEncoding.Base64,
        };
        await client.Inbox!.AppendAsync(message);

        await client.Inbox.OpenAsync(FolderAccess.ReadOnly);
        var fetched = await client.Inbox.GetMessageAsync(0);
        using var read = new MemoryStream();
        await ((MimePart)fetched.Body!).Content!.DecodeToAsync(read);

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(read.ToArray()));
        await client.DisconnectAsync(true);
    }

    [Fact]
    public async Task An_idle_client_is_told_of_new_mail()
    {
        await using var front = await MailFront.StartAsync(servers);
        var user = MailFront.NewUser();
        using var idler = await LogInByImapAsync(front, user);
        using var other = await LogInByImapAsync(front, user);
        await idler.Inbox!.OpenAsync(FolderAccess.ReadOnly);
        using var notified = new CancellationTokenSource(Patience.Usual, TimeProvider.System);
        idler.Inbox.CountChanged += (_, _) => notified.Cancel();
        var idling = idler.IdleAsync(notified.Token);
        await other.Inbox!.AppendAsync(Message("news"));

        await idling.WithinAsync("the end of IDLE");

        Assert.Equal(1, idler.Inbox.Count);
    }

    [Fact]
    public async Task A_message_is_sent_and_read_by_POP3_and_IMAP()
    {
        await using var front = await MailFront.StartAsync(servers);
        var user = MailFront.NewUser();
        using (var smtp = new SmtpClient())
        {
            await smtp.ConnectAsync("127.0.0.1", front.Smtp, SecureSocketOptions.None);
            await smtp.AuthenticateAsync("sender", ProxyServer.Secret);
            await smtp.SendAsync(Message("by the proxy", user));
            await smtp.DisconnectAsync(true);
        }

        using var imap = await LogInByImapAsync(front, user);
        await imap.Inbox!.OpenAsync(FolderAccess.ReadOnly);
        for (var attempt = 0; imap.Inbox.Count == 0 && attempt < 200; attempt++) await WaitAndLookAgainAsync(imap);
        Assert.Equal("by the proxy", (await imap.Inbox.GetMessageAsync(0)).Subject);

        using var pop3 = new Pop3Client();
        await pop3.ConnectAsync("127.0.0.1", front.Pop3, SecureSocketOptions.None);
        await pop3.AuthenticateAsync(user, ProxyServer.Secret);
        var message = await pop3.GetMessageAsync(0);
        Assert.Equal("by the proxy", message.Subject);
        Assert.Equal("Hello.", message.TextBody!.Trim());
        await pop3.DisconnectAsync(true);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_by_the_upstream_in_its_own_words()
    {
        await using var front = await MailFront.StartAsync(servers, "proxy_pass_error_message on;");
        using var client = await Peer.ConnectAsync(front.Imap);
        await client.ReadLineAsync();
        var refusal = await client.AskAsync("a1 LOGIN somebody wrong");
        Assert.Equal("a1 NO [AUTHENTICATIONFAILED] Authentication failed.", refusal);
        Assert.Equal("", await client.ReadLineAsync());
    }

    private static Task WaitAndLookAgainAsync(ImapClient client) =>
        Task.WhenAll(client.NoOpAsync(), Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System));

    private static async Task<ImapClient> LogInByImapAsync(MailFront front, string user)
    {
        var client = new ImapClient();
        await client.ConnectAsync("127.0.0.1", front.Imap, SecureSocketOptions.None);
        await client.AuthenticateAsync(user, ProxyServer.Secret);
        return client;
    }

    private static MimeMessage Message(string subject, string user = "somebody") => new(
        [new MailboxAddress("Sender", "sender@example.org")],
        [new MailboxAddress("Reader", $"{user}@example.org")],
        subject,
        new TextPart("plain") { Text = "Hello." });
}

using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>Clients that people have: curl, swaks, mbsync and offlineimap.</summary>
public sealed class ProgramTests(MailServers servers) : IDisposable
{
    private readonly TempDirectory _directory = new("client");

    [Fact]
    public async Task Curl_appends_and_fetches_by_IMAP()
    {
        await using var front = await MailFront.StartAsync(servers);
        var login = $"{MailFront.NewUser()}:{ProxyServer.Secret}";
        var message = MessageFile("curl");

        (await RunAsync("curl", "-sS", "-u", login, "-T", message, $"imap://127.0.0.1:{front.Imap}/INBOX")).Succeeded.ToString();
        var list = (await RunAsync("curl", "-sS", "-u", login, $"imap://127.0.0.1:{front.Imap}/")).Succeeded;
        var fetched = (await RunAsync("curl", "-sS", "-u", login, $"imap://127.0.0.1:{front.Imap}/INBOX;MAILINDEX=1")).Succeeded;

        Assert.Contains("INBOX", list, StringComparison.Ordinal);
        Assert.Contains("Subject: curl", fetched, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curl_sends_by_SMTP_and_reads_by_POP3()
    {
        await using var front = await MailFront.StartAsync(servers);
        var user = MailFront.NewUser();
        (await RunAsync(
            "curl", "-sS", "-u", $"sender:{ProxyServer.Secret}", "--mail-from", "sender@example.org", "--mail-rcpt", $"{user}@example.org", "-T", MessageFile("by curl"), $"smtp://127.0.0.1:{front.Smtp}/client.example")).Succeeded.ToString();

        var read = await ReadFirstMessageAsync(front, user);

        Assert.Contains("Subject: by curl", read, StringComparison.Ordinal);
        Assert.Contains(front.Auth.Requests, request => request["Auth-User"] == "sender" && request["Auth-Protocol"] == "smtp");
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    public async Task Swaks_authenticates_and_sends(string mechanism)
    {
        await using var front = await MailFront.StartAsync(servers);
        var user = MailFront.NewUser();
        var sent = await RunAsync(
            "swaks", "--server", "127.0.0.1", "--port", $"{front.Smtp}", "--from", "sender@example.org", "--to", $"{user}@example.org", "--auth", mechanism, "--auth-user", "sender", "--auth-password", ProxyServer.Secret, "--helo", "client.example", "--header", "Subject: by swaks");

        Assert.Equal(0, sent.ExitCode);
        Assert.Contains("235 2.0.0 OK", sent.Output, StringComparison.Ordinal);
        Assert.Contains("Subject: by swaks", await ReadFirstMessageAsync(front, user), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mbsync_brings_a_mailbox_to_disk()
    {
        await using var front = await MailFront.StartAsync(servers);
        var user = MailFront.NewUser();
        for (var number = 1; number <= 3; number++)
            (await RunAsync("curl", "-sS", "-u", $"{user}:{ProxyServer.Secret}", "-T", MessageFile($"number {number}"), $"imap://127.0.0.1:{front.Imap}/INBOX")).Succeeded.ToString();
        var configuration = _directory.Combine("mbsyncrc");
        var maildir = Directory.CreateDirectory(_directory.Combine("mail")).FullName;
        await File.WriteAllTextAsync(configuration, $"""
            IMAPStore far
            Host 127.0.0.1
            Port {front.Imap}
            User {user}
            Pass {ProxyServer.Secret}
            SSLType None
            AuthMechs LOGIN

            MaildirStore near
            Path {maildir}/
            Inbox {maildir}/INBOX

            Channel all
            Far :far:
            Near :near:
            Create Near
            SyncState *

            """);

        (await RunAsync("mbsync", "-c", configuration, "-a")).Succeeded.ToString();

        var subjects = Directory.GetFiles(maildir, "*", SearchOption.AllDirectories)
            .Select(File.ReadAllText)
            .Where(text => text.Contains("Subject: number", StringComparison.Ordinal));
        Assert.Equal(3, subjects.Count());
    }

    [Fact]
    public async Task Offlineimap_says_who_it_is_and_brings_a_mailbox_to_disk()
    {
        await using var front = await MailFront.StartAsync(servers, "imap_capabilities IMAP4rev1 ID;");
        var user = MailFront.NewUser();
        (await RunAsync("curl", "-sS", "-u", $"{user}:{ProxyServer.Secret}", "-T", MessageFile("by offlineimap"), $"imap://127.0.0.1:{front.Imap}/INBOX")).Succeeded.ToString();
        var configuration = _directory.Combine("offlineimaprc");
        var maildir = Directory.CreateDirectory(_directory.Combine("offline")).FullName;
        await File.WriteAllTextAsync(configuration, $"""
            [general]
            accounts = test
            metadata = {_directory.Combine("metadata")}

            [Account test]
            localrepository = near
            remoterepository = far

            [Repository near]
            type = Maildir
            localfolders = {maildir}

            [Repository far]
            type = IMAP
            remotehost = 127.0.0.1
            remoteport = {front.Imap}
            remoteuser = {user}
            remotepass = {ProxyServer.Secret}
            ssl = no
            starttls = no

            """);

        (await RunAsync("offlineimap", "-c", configuration, "-o", "-u", "basic")).Succeeded.ToString();

        Assert.Contains(Directory.GetFiles(maildir, "*", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains("Subject: by offlineimap", StringComparison.Ordinal));
    }

    public void Dispose() => _directory.Dispose();

    private static async Task<ProgramResult> RunAsync(string program, params string[] arguments) =>
        await ChildProcess.RunAsync($"/usr/bin/{program}", arguments);

    private static async Task<string> ReadFirstMessageAsync(MailFront front, string user)
    {
        ProgramResult? result = null;
        for (var attempt = 0; attempt < 100; attempt++)
        {
            result = await RunAsync("curl", "-sS", "-u", $"{user}:{ProxyServer.Secret}", $"pop3://127.0.0.1:{front.Pop3}/1");
            if (result.ExitCode == 0) break;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return result!.Succeeded;
    }

    private string MessageFile(string subject)
    {
        var file = _directory.Combine($"{Guid.NewGuid():N}.eml");
        File.WriteAllText(file, $"From: sender@example.org\r\nTo: reader@example.org\r\nSubject: {subject}\r\n\r\nHello.\r\n");
        return file;
    }
}

using System.Globalization;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>mbsync over TLS, and what OpenSSL's client can do with a session.</summary>
public sealed class TlsClientTests : IDisposable
{
    private readonly MailServers _servers;
    private readonly TempDirectory _directory = new("tls-client");

    public TlsClientTests(MailServers servers)
    {
        _servers = servers;
        TestCertificates.WriteTo(_directory.Path);
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("IMAPS")]
    [InlineData("STARTTLS")]
    public async Task Mbsync_brings_a_mailbox_to_disk(string type)
    {
        await using var front = await StartAsync(type == "IMAPS" ? "ssl" : "");
        var user = MailFront.NewUser();
        var message = _directory.Combine("message");
        await File.WriteAllTextAsync(message, $"Subject: to be fetched\r\n\r\n{new string('x', 100_000)}\r\n", TestContext.Current.CancellationToken);
        var dovecot = await _servers.DovecotAsync();
        (await ChildProcess.RunAsync("/usr/bin/curl", "-sS", "-u", $"{user}:{ProxyServer.Secret}", "-T", message, $"imap://127.0.0.1:{dovecot.Imap}/INBOX")).Succeeded.ToString();
        var maildir = Directory.CreateDirectory(_directory.Combine("mail")).FullName;
        // A server's own certificate in CertificateFile is trusted whatever the host is called.
        await File.WriteAllTextAsync(_directory.Combine("mbsyncrc"), $"""
            IMAPStore far
            Host 127.0.0.1
            Port {front.Imap}
            User {user}
            Pass {ProxyServer.Secret}
            SSLType {type}
            SystemCertificates no
            CertificateFile {_directory.Path}/server.pem

            MaildirStore near
            Path {maildir}/
            Inbox {maildir}/INBOX

            Channel all
            Far :far:
            Near :near:
            Create Near
            SyncState *

            """, TestContext.Current.CancellationToken);

        (await ChildProcess.RunAsync("/usr/bin/mbsync", "-c", _directory.Combine("mbsyncrc"), "-a")).Succeeded.ToString();

        var texts = Directory.GetFiles(maildir, "*", SearchOption.AllDirectories).Select(File.ReadAllText);
        Assert.Single(texts, text => text.Contains("Subject: to be fetched", StringComparison.Ordinal) && text.Length > 100_000);
        Assert.All(front.Auth.Requests, request => Assert.Equal("on", request["Auth-SSL"]));
    }

    [Theory]
    [InlineData("TLSv1.2", "-tls1_2")]
    [InlineData("TLSv1.3", "-tls1_3")]
    public async Task OpenSSL_resumes_a_session(string protocol, string option)
    {
        await using var front = await StartAsync("ssl");
        var session = _directory.Combine("session");
        var first = await TalkAsync(front, "a LOGOUT", option, "-sess_out", session);
        Assert.Contains($"New, {protocol}", first.Output, StringComparison.Ordinal);
        for (var round = 0; round < 3; round++)
            Assert.Contains($"Reused, {protocol}", (await TalkAsync(front, "a LOGOUT", option, "-sess_in", session)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenSSL_reconnects_with_its_session()
    {
        await using var front = await StartAsync("ssl");
        var said = await ChildProcess.RunAsync("/usr/bin/openssl", Arguments(front, "-tls1_2", "-reconnect"));
        Assert.Equal(5, said.Output.Split("Reused, TLSv1.2").Length - 1);
    }

    [Fact]
    public async Task A_client_that_renegotiates_ends_its_own_session_only()
    {
        await using var front = await StartAsync("ssl");
        using var other = await Peer.ConnectAsync(front.Imap);
        (await other.BeginTlsAsync(TestCertificates.ClientOptions())).Dispose();
        await other.ExpectAsync("* OK IMAP4 ready");

        var said = await TalkAsync(front, "R", "-tls1_2");

        Assert.NotEqual(0, said.ExitCode);
        Assert.Contains("RENEGOTIATING", said.Output + said.Error, StringComparison.Ordinal);
        Assert.Equal("a OK completed", await other.AskAsync("a NOOP"));
        Assert.Contains("BYE", (await TalkAsync(front, "a LOGOUT", "-tls1_2")).Output, StringComparison.Ordinal);
    }

    /// <summary>Says one line behind the greeting, and waits for the end.</summary>
    private async Task<ProgramResult> TalkAsync(MailFront front, string line, params string[] more)
    {
        await using var client = ChildProcess.Start("/usr/bin/openssl", Arguments(front, [.. more, "-crlf"]), isTalkedTo: true);
        await Patience.UntilAsync(() => client.Output.Contains("* OK IMAP4 ready", StringComparison.Ordinal), () => $"the greeting; it said: {client.Output}\n{client.Error}");
        client.Say(line);
        return new ProgramResult(await client.WaitForExitAsync(), client.Output, client.Error);
    }

    private string[] Arguments(MailFront front, params string[] more) =>
    [
        "s_client", "-connect", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{front.Imap}"),
        "-CAfile", _directory.Combine("ca.pem"), "-servername", TestCertificates.ServerName, .. more,
    ];

    private Task<MailFront> StartAsync(string listen) =>
        MailFront.StartAsync(_servers, TestCertificates.Directives(_directory.Path) + (listen == "ssl" ? "" : " starttls only;"), listen);
}

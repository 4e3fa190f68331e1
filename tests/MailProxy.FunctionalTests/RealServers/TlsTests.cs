using System.Globalization;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MimeKit;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>Real clients over TLS, from the first byte and by STARTTLS, in all three protocols.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly MailServers _servers;
    private readonly TempDirectory _directory = new("tls");

    public TlsTests(MailServers servers)
    {
        _servers = servers;
        TestCertificates.WriteTo(_directory.Path);
    }

    public static TheoryData<string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<string, bool>();
            foreach (var protocol in new[] { "imap", "pop3", "smtp" })
            {
                ways.Add(protocol, true);
                ways.Add(protocol, false);
            }

            return ways;
        }
    }

    private string Directives => TestCertificates.Directives(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MailKit_sends_a_message_and_reads_it_back(bool isImplicit)
    {
        await using var front = await StartAsync(isImplicit);
        var options = isImplicit ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls;
        var user = MailFront.NewUser();
        using (var smtp = new SmtpClient())
        {
            await ConnectAsync(smtp, front.Smtp, options);
            await smtp.AuthenticateAsync("sender", ProxyServer.Secret);
            await smtp.SendAsync(new MimeMessage(
                [new MailboxAddress("Sender", "sender@example.org")], [new MailboxAddress("Reader", $"{user}@example.org")],
                "by TLS", new TextPart("plain") { Text = new string('x', 200_000) }));
            await smtp.DisconnectAsync(true);
        }

        using var imap = new ImapClient();
        await ConnectAsync(imap, front.Imap, options);
        await imap.AuthenticateAsync(user, ProxyServer.Secret);
        await imap.Inbox!.OpenAsync(FolderAccess.ReadOnly);
        for (var attempt = 0; imap.Inbox.Count == 0 && attempt < 200; attempt++)
            await Task.WhenAll(imap.NoOpAsync(), Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System));
        Assert.Equal("by TLS", (await imap.Inbox.GetMessageAsync(0)).Subject);

        using var pop3 = new Pop3Client();
        await ConnectAsync(pop3, front.Pop3, options);
        await pop3.AuthenticateAsync(user, ProxyServer.Secret);
        Assert.Equal(200_000, (await pop3.GetMessageAsync(0)).TextBody!.Trim().Length);
        await pop3.DisconnectAsync(true);
        Assert.All(front.Auth.Requests, request => Assert.Equal("TLSv1.3", request["Auth-SSL-Protocol"]));
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task OpenSSL_verifies_the_server_and_agrees_on_the_protocol(string protocol, bool isImplicit)
    {
        await using var front = await StartAsync(isImplicit);
        var said = await OpenSslAsync(front, protocol, isImplicit, "-verify_return_error", "-verify_hostname", TestCertificates.ServerName, "-alpn", protocol);
        Assert.Contains("Verification: OK", said.Succeeded, StringComparison.Ordinal);
        Assert.Contains($"ALPN protocol: {protocol}", said.Output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task A_client_of_another_protocol_is_refused_in_the_handshake(string protocol, bool isImplicit)
    {
        await using var front = await StartAsync(isImplicit);
        var said = await OpenSslAsync(front, protocol, isImplicit, "-alpn", "http/1.1");
        Assert.NotEqual(0, said.ExitCode);
        Assert.Contains("no application protocol", said.Error, StringComparison.Ordinal);
        await front.Proxy.WaitForLogAsync("SSL_do_handshake() failed (SSL: error:");
        var action = isImplicit ? "SSL handshaking, client: 127.0.0.1, server: " : "in starttls state, client: 127.0.0.1 using starttls, server: ";
        Assert.Contains($"no application protocol) while {action}127.0.0.1:{PortOf(front, protocol)}\n", front.Proxy.Log, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Ways)), Trait("Beyond", "nginx")]
    public async Task A_session_is_resumed_and_counted(string protocol, bool isImplicit)
    {
        await using var front = await StartAsync(isImplicit);
        var session = _directory.Combine("session");
        _ = (await OpenSslAsync(front, protocol, isImplicit, "-tls1_2", "-sess_out", session)).Succeeded;
        Assert.Contains("Reused, TLSv1.2", (await OpenSslAsync(front, protocol, isImplicit, "-tls1_2", "-sess_in", session)).Succeeded, StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = front.Proxy.Http };
        // SslStream does not tell.
        var counted = MailProxyServer.IsManaged ? "ok\"} 2\n" : "resumed\"} 1\n";
        Assert.Contains($"mailproxy_tls_handshakes_total{{protocol=\"{protocol}\",result=\"{counted}", await http.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Curl_logs_in(string protocol, bool isImplicit)
    {
        await using var front = await StartAsync(isImplicit);
        var (user, port) = (MailFront.NewUser(), PortOf(front, protocol));
        string[] work = protocol == "smtp" ? ["--mail-from", "sender@example.org", "--mail-rcpt", $"{user}@example.org", "--upload-file", _directory.Combine("message")] : [];
        await File.WriteAllTextAsync(_directory.Combine("message"), "Subject: by curl\r\n\r\nHello.\r\n", TestContext.Current.CancellationToken);
        var said = await ChildProcess.RunAsync("/usr/bin/curl", [
            "-sS", "--max-time", "15", "--ssl-reqd", "--cacert", _directory.Combine("ca.pem"), "--resolve", $"{TestCertificates.ServerName}:{port}:127.0.0.1",
            "-u", $"{user}:{ProxyServer.Secret}", .. work, $"{protocol}{(isImplicit ? "s" : "")}://{TestCertificates.ServerName}:{port}/"]);
        Assert.Equal((0, ""), (said.ExitCode, said.Error));
        Assert.Equal(user, Assert.Single(front.Auth.Requests)["Auth-User"]);
    }

    [Fact]
    public async Task Plain_text_to_an_ssl_address_is_closed_without_a_readable_byte()
    {
        await using var front = await StartAsync(isImplicit: true);
        foreach (var text in new[] { "GET / HTTP/1.0\r\n\r\n", "a LOGIN user pass\r\n", "\0\0\0\0\0\0\0\0" })
        {
            using var client = await Peer.ConnectAsync(front.Imap);
            await client.SendAsync(text);
            Assert.DoesNotContain("OK", await client.ReadToEndAsync(), StringComparison.Ordinal);
        }

        await front.Proxy.WaitForLogAsync("SSL_do_handshake() failed (SSL: ", times: 3);
        string[] reasons = MailProxyServer.IsManaged ? ["corrupted frame was received."] : ["http request", "wrong version number"];
        Assert.All(reasons, reason => Assert.Contains($"{reason}) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:{front.Imap}\n", front.Proxy.Log, StringComparison.Ordinal));

        using (await Peer.ConnectAsync(front.Imap))
        {
        }

        await front.Proxy.WaitForLogAsync("peer closed connection in SSL handshake");
    }

    [Fact]
    public async Task A_broken_record_is_logged_in_the_words_of_OpenSSL()
    {
        await using var front = await StartAsync(isImplicit: true);
        using var client = await Peer.ConnectAsync(front.Smtp);
        (await client.BeginTlsAsync(TestCertificates.ClientOptions())).Dispose();
        await client.ExpectAsync("220 mx.test ESMTP ready");
        await client.Socket.SendAsync("EHLO in plain text\r\n"u8.ToArray());
        Assert.Equal("", await client.ReadToEndAsync());
        await front.Proxy.WaitForLogAsync(MailProxyServer.IsManaged ? "recv() failed (" : "SSL_read() failed (SSL: error:");
        Assert.Contains($"{(MailProxyServer.IsManaged ? "IOException" : "wrong version number")}) while in auth state, client: 127.0.0.1, server: 127.0.0.1:{front.Smtp}\n", front.Proxy.Log, StringComparison.Ordinal);
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task A_renewed_certificate_is_shown_without_a_signal_and_sessions_go_on()
    {
        await using var front = await StartAsync(isImplicit: true);
        using var before = await Peer.ConnectAsync(front.Pop3);
        using var shown = await before.BeginTlsAsync(TestCertificates.ClientOptions());
        await before.ExpectAsync("+OK POP3 ready");

        File.WriteAllText(_directory.Combine("server.key"), "half");
        await front.Proxy.WaitForLogAsync("the certificates that were loaded before stay in use for server in ", times: 3);
        Assert.Equal(shown.SerialNumber, await SerialAsync(front.Imap));

        var serial = TestCertificates.Renew(_directory.Path);
        await front.Proxy.WaitForLogAsync("certificates reloaded for server in ", times: 3);
        foreach (var port in new[] { front.Imap, front.Pop3, front.Smtp }) Assert.Equal(serial, await SerialAsync(port));
        Assert.Equal("+OK", await before.AskAsync("NOOP"));
        Assert.DoesNotContain("PRIVATE", front.Proxy.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_is_passed_to_the_auth_server()
    {
        await using var front = await StartAsync(isImplicit: true, $"ssl_verify_client on; ssl_client_certificate {_directory.Path}/ca.pem; auth_http_pass_client_cert on;");
        using var client = await Peer.ConnectAsync(front.Imap);
        (await client.BeginTlsAsync(TestCertificates.ClientOptions("client"))).Dispose();
        await client.ExpectAsync("* OK IMAP4 ready");
        Assert.StartsWith("a OK", await client.AskAsync($"a LOGIN {MailFront.NewUser()} {ProxyServer.Secret}"), StringComparison.Ordinal);

        var request = Assert.Single(front.Auth.Requests);
        using var passed = X509Certificate2.CreateFromPem(Uri.UnescapeDataString(request["Auth-SSL-Cert"]!));
        Assert.Equal(("CN=client one", "SUCCESS"), (passed.Subject, request["Auth-SSL-Verify"]));
        Assert.Equal((passed.SerialNumber, passed.GetCertHashString().ToLowerInvariant()), (request["Auth-SSL-Serial"], request["Auth-SSL-Fingerprint"]));
    }

    private Task<MailFront> StartAsync(bool isImplicit, string more = "") =>
        MailFront.StartAsync(_servers, $"{Directives} ssl_protocols TLSv1.2 TLSv1.3; {more} {(isImplicit ? "" : "starttls only;")}", isImplicit ? "ssl" : "");

    private static async Task ConnectAsync(MailService client, int port, SecureSocketOptions options)
    {
        client.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        client.ServerCertificateValidationCallback = (_, certificate, _, _) => TestCertificates.IsTrusted(certificate);
        await client.ConnectAsync("127.0.0.1", port, options);
        Assert.True(client.IsSecure);
    }

    private Task<ProgramResult> OpenSslAsync(MailFront front, string protocol, bool isImplicit, params string[] more) => ChildProcess.RunAsync("/usr/bin/openssl", [
        "s_client", "-connect", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{PortOf(front, protocol)}"),
        "-CAfile", _directory.Combine("ca.pem"), "-servername", TestCertificates.ServerName, .. isImplicit ? (string[])[] : ["-starttls", protocol], .. more]);

    private static async Task<string> SerialAsync(int port)
    {
        using var client = await Peer.ConnectAsync(port);
        using var certificate = await client.BeginTlsAsync(TestCertificates.ClientOptions());
        return certificate.SerialNumber;
    }

    private static int PortOf(MailFront front, string protocol) => protocol switch { "imap" => front.Imap, "pop3" => front.Pop3, _ => front.Smtp };
}

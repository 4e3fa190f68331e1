using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>What HAProxy and Dovecot read in the PROXY header of version 2 about a client's TLS.</summary>
[Trait("Beyond", "nginx 1.22")]
public sealed class ProxyTlvTests : IDisposable
{
    private const string Balanced = "PROXY TCP4 192.0.2.77 192.0.2.1 41234 143\r\n";
    private const int Prefix = 16;

    private readonly MailServers _servers;
    private readonly TempDirectory _directory = new("tlv");

    public ProxyTlvTests(MailServers servers)
    {
        _servers = servers;
        TestCertificates.WriteTo(_directory.Path);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task HAProxy_logs_the_address_and_the_name_that_the_client_asked_for()
    {
        await using var haproxy = await HaproxyServer.StartAsync((await _servers.DovecotAsync()).Imap);
        await using var auth = AuthHttpServer.SendingTo(haproxy.Port);
        var port = FreePort.Take();
        await using var proxy = await StartAsync(auth, port, "ssl");
        using (var client = await ConnectAsync(port, tls: true))
            Assert.StartsWith("a OK", await LogInAsync(client, MailFront.NewUser()), StringComparison.Ordinal);

        await haproxy.WaitForLogAsync($"client=192.0.2.77:41234 authority=<{TestCertificates.ServerName}>");
    }

    [Fact]
    public async Task HAProxy_takes_the_header_as_it_is_and_refuses_it_with_one_bit_changed()
    {
        var header = new TaskCompletionSource<string>();
        await using var upstream = new PeerServer(async peer =>
        {
            var prefix = await peer.ReadAsync(Prefix);
            header.SetResult(prefix + await peer.ReadAsync((prefix[14] << 8) | prefix[15]));
        });
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await StartAsync(auth, port, "ssl");
        using var client = await ConnectAsync(port, tls: true);
        await client.SendAsync($"a LOGIN fred {ProxyServer.Secret}\r\n");
        var sent = await header.Task.WithinAsync("the header");

        await using var haproxy = await HaproxyServer.StartAsync((await _servers.DovecotAsync()).Imap);
        using var good = await Peer.ConnectAsync(haproxy.Port);
        await good.SendAsync(sent);
        Assert.StartsWith("* OK", await good.ReadLineAsync(), StringComparison.Ordinal);
        var at = sent.IndexOf(TestCertificates.ServerName, StringComparison.Ordinal);
        using var bad = await Peer.ConnectAsync(haproxy.Port);
        await bad.SendAsync($"{sent[..at]}{(char)(sent[at] ^ 1)}{sent[(at + 1)..]}");
        Assert.Equal("", await bad.ReadToEndAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dovecot_knows_that_the_client_came_by_TLS_and_which_name_it_asked_for(bool tls)
    {
        var dovecot = await _servers.DovecotAsync();
        await using var auth = AuthHttpServer.SendingTo(dovecot.ImapBehindProxy);
        var (port, user) = (FreePort.Take(), MailFront.NewUser());
        await using var proxy = await StartAsync(auth, port, tls ? "ssl" : "");
        using var client = await ConnectAsync(port, tls);
        Assert.StartsWith("a OK", await LogInAsync(client, user), StringComparison.Ordinal);

        await dovecot.WaitForLogAsync(
            line => line.Contains($"user=<{user}>", StringComparison.Ordinal) && line.Contains("rip=192.0.2.77", StringComparison.Ordinal)
                && line.EndsWith(tls ? $">, local_name=<{TestCertificates.ServerName}>, secured" : ">", StringComparison.Ordinal),
            $"{user} {(tls ? "secured" : "in the clear")}");
    }

    [Fact]
    public async Task Dovecot_takes_the_user_from_the_clients_certificate()
    {
        var dovecot = await _servers.DovecotAsync();
        await using var auth = AuthHttpServer.SendingTo(dovecot.ImapBehindProxy);
        var port = FreePort.Take();
        await using var proxy = await StartAsync(auth, port, "ssl", $"ssl_verify_client on; ssl_client_certificate {_directory.Path}/ca.pem;");
        using var client = await ConnectAsync(port, tls: true, "client");
        Assert.StartsWith("a OK", await LogInAsync(client, MailFront.NewUser()), StringComparison.Ordinal);

        // auth_ssl_username_from_cert; the test's certificate is for "client one".
        await dovecot.WaitForLogAsync(line => line.Contains("Login: user=<client one>", StringComparison.Ordinal), "the certificate's common name");
    }

    private static async Task<Peer> ConnectAsync(int port, bool tls, string? certificate = null)
    {
        var client = await Peer.ConnectAsync(port);
        await client.SendAsync(Balanced);
        if (tls) (await client.BeginTlsAsync(TestCertificates.ClientOptions(certificate))).Dispose();
        await client.ExpectAsync("* OK IMAP4 ready");
        return client;
    }

    private static Task<string> LogInAsync(Peer client, string user) => client.AskAsync($"a LOGIN {user} {ProxyServer.Secret}");

    private Task<ProxyServer> StartAsync(AuthHttpServer auth, int port, string listen, string directives = "") => ProxyServer.StartAsync($$"""
        auth_http {{auth.Url}};
        proxy_protocol v2;
        {{TestCertificates.Directives(_directory.Path)}} {{directives}}
        server { listen 127.0.0.1:{{port}} {{listen}} proxy_protocol; set_real_ip_from 127.0.0.1; protocol imap; }
        """);
}

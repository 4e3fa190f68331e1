using System.Net;
using System.Net.Sockets;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.RealServers;

/// <summary>Every kind of address that a proxy listens on and asks, up to the mailbox.</summary>
public sealed class ListenerTests(MailServers servers) : IDisposable
{
    private readonly TempDirectory _directory = new("listen");

    [Fact]
    public async Task A_client_of_a_unix_socket_logs_in()
    {
        await using var auth = AuthHttpServer.SendingTo((await servers.DovecotAsync()).Imap);
        var path = _directory.Combine("imap");
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; server {{ listen unix:{path}; protocol imap; }}");

        await LogInAsync(new UnixDomainSocketEndPoint(path));

        Assert.Equal("unix:", Assert.Single(auth.Requests)["Client-IP"]);
        Assert.Equal((UnixFileMode)0b110_110_110, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task A_unix_socket_is_gone_after_the_end_and_can_be_bound_again()
    {
        var path = _directory.Combine("again");
        var mail = $"auth_http 127.0.0.1:1; server {{ listen unix:{path}; protocol imap; }}";
        for (var start = 0; start < 2; start++)
        {
            await using var proxy = await ProxyServer.StartAsync(mail);
            Assert.Equal(0, await proxy.EndAsync(Signals.Quit));
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task The_auth_server_is_asked_by_a_unix_socket()
    {
        var (path, port) = (_directory.Combine("auth"), FreePort.Take());
        var dovecot = await servers.DovecotAsync();
        await using var auth = AuthHttpServer.Answering(_ => AuthHttpServer.Accept(dovecot.Imap), new UnixDomainSocketEndPoint(path));
        await using var proxy = await ProxyServer.StartAsync($"auth_http unix:{path}:/who; server {{ listen 127.0.0.1:{port}; protocol imap; }}");

        await LogInAsync(new IPEndPoint(IPAddress.Loopback, port));

        var request = Assert.Single(auth.Requests);
        Assert.StartsWith("GET /who HTTP/1.0\r\nHost: localhost\r\n", request.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_IPv6_logs_in()
    {
        await using var auth = AuthHttpServer.SendingTo((await servers.DovecotAsync()).Imap);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; server {{ listen [::1]:{port}; protocol imap; }}");

        await LogInAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));

        Assert.Equal("::1", Assert.Single(auth.Requests)["Client-IP"]);
    }

    [Fact]
    public async Task Both_families_listen_on_one_port()
    {
        await using var auth = AuthHttpServer.SendingTo((await servers.DovecotAsync()).Imap);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; server {{ listen {port}; listen [::]:{port}; protocol imap; }}");

        await LogInAsync(new IPEndPoint(IPAddress.Loopback, port));
        await LogInAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));

        Assert.Equal(["127.0.0.1", "::1"], auth.Requests.Select(request => request["Client-IP"]));
    }

    [Fact]
    public async Task The_address_of_the_connection_chooses_the_server()
    {
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http 127.0.0.1:1;
            server { listen {{port}}; protocol imap; }
            server { listen 127.0.0.2:{{port}}; protocol pop3; }
            server { listen 127.0.0.3:{{port}}; protocol smtp; server_name third.test; }
            """);

        Assert.Equal("* OK IMAP4 ready\r\n", await GreetingAsync("127.0.0.1", port));
        Assert.Equal("+OK POP3 ready\r\n", await GreetingAsync("127.0.0.2", port));
        Assert.Equal("220 third.test ESMTP ready\r\n", await GreetingAsync("127.0.0.3", port));
        Assert.Equal("* OK IMAP4 ready\r\n", await GreetingAsync("127.0.0.4", port));
    }

    [Fact]
    public async Task Every_port_of_a_range_listens()
    {
        var first = FreePort.TakeRange(3);
        await using var proxy = await ProxyServer.StartAsync($"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{first}-{first + 2}; protocol pop3; }}");

        for (var port = first; port < first + 3; port++) Assert.Equal("+OK POP3 ready\r\n", await GreetingAsync("127.0.0.1", port));
    }

    [Fact]
    public async Task Parameters_of_sockets_are_taken()
    {
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http 127.0.0.1:1;
            server { listen 127.0.0.1:{{port}} bind backlog=16 rcvbuf=32k sndbuf=64k so_keepalive=30m:30s:5; protocol pop3; }
            """);

        Assert.Equal("+OK POP3 ready\r\n", await GreetingAsync("127.0.0.1", port));
    }

    public void Dispose() => _directory.Dispose();

    private static async Task<string> GreetingAsync(string address, int port)
    {
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port));
        return await client.ReadLineAsync();
    }

    private static async Task LogInAsync(EndPoint endPoint)
    {
        using var client = await Peer.ConnectAsync(endPoint);
        await client.ExpectAsync("* OK IMAP4 ready");
        Assert.StartsWith("a1 OK", await client.AskAsync($"a1 LOGIN {MailFront.NewUser()} {ProxyServer.Secret}"), StringComparison.Ordinal);
        Assert.StartsWith("* ", await client.AskAsync("a2 SELECT INBOX"), StringComparison.Ordinal);
    }
}

using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MailProxy.Testing;

namespace MailProxy.FunctionalTests.Injection;

/// <summary>
/// CR, LF and NUL of one peer never become lines for another. Logs need no test of their own: each line that MailProxy
/// writes in any functional test is checked when it ends.
/// </summary>
[Trait("Beyond", "nginx")]
public sealed class InjectionTests
{
    private static readonly string[] Breaks = ["\r\n", "\n", "\r", "\0"];

    public static TheoryData<string, string, string> Credentials
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var protocol in new[] { "imap", "pop3", "smtp" })
            {
                foreach (var text in Breaks)
                {
                    data.Add(protocol, $"user{text}INJECTED{text}", "pass");
                    data.Add(protocol, "user", $"pass{text}INJECTED{text}");
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Credentials))]
    public async Task Credentials_that_hold_line_ends_reach_nobody_as_lines(string protocol, string login, string password)
    {
        // PLAIN itself is delimited by NUL: a login cannot hold one.
        if (login.Contains('\0')) (login, password) = ("user", "\0INJECTED");
        await using var setting = await StartAsync(protocol, "proxy_smtp_auth on; xclient off;");
        using var client = await setting.ConnectAsync();
        var command = protocol switch { "imap" => "a AUTHENTICATE", _ => "AUTH" };
        await client.SendAsync($"{command} PLAIN {Base64($"\0{login}\0{password}")}\r\n");
        Assert.DoesNotContain("OK", await client.ReadLineAsync(), StringComparison.Ordinal);

        setting.AssertNothingInjected();
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData("\0")]
    public async Task A_literal_that_holds_line_ends_reaches_nobody_as_lines(string text)
    {
        await using var setting = await StartAsync("imap", "");
        using var client = await setting.ConnectAsync();
        var login = $"user{text}INJECTED";
        await client.SendAsync($"a LOGIN {{{login.Length}+}}\r\n{login} pass\r\n");
        Assert.DoesNotContain("OK", await client.ReadLineAsync(), StringComparison.Ordinal);

        setting.AssertNothingInjected();
    }

    [Theory]
    [InlineData("EHLO a\0INJECTED")]
    [InlineData("EHLO a\rINJECTED")]
    [InlineData("HELO \x01\x7f")]
    public async Task A_HELO_name_never_reaches_the_upstream_raw(string greeting)
    {
        await using var setting = await StartAsync("smtp", "");
        using var client = await setting.ConnectAsync();
        await client.SendAsync(greeting + "\r\n");
        await client.ReadLineAsync();
        await client.SendAsync($"AUTH PLAIN {Base64("\0user\0pass")}\r\n");
        await client.ReadLineAsync();

        setting.AssertNothingInjected();
    }

    [Theory]
    [InlineData("MAIL FROM:<a\0INJECTED>", "RCPT TO:<b>")]
    [InlineData("MAIL FROM:<a>", "RCPT TO:<b\0INJECTED>")]
    public async Task A_sender_or_recipient_never_reaches_anybody_raw(string mail, string recipient)
    {
        await using var setting = await StartAsync("smtp", "smtp_auth none; xclient off;");
        using var client = await setting.ConnectAsync();
        await client.SendAsync($"HELO c\r\n{mail}\r\n{recipient}\r\n");
        for (var reply = 0; reply < 3; reply++) await client.ReadLineAsync();

        setting.AssertNothingInjected();
    }

    [Theory]
    [InlineData("imap", "Auth-Status: no\rINJECTED")]
    [InlineData("imap", "Auth-Status: no\0INJECTED")]
    [InlineData("smtp", "Auth-Status: no\0INJECTED")]
    [InlineData("smtp", "Auth-Error-Code: 535\rINJECTED")]
    [InlineData("smtp", "Auth-Error-Code: 535\0INJECTED")]
    [InlineData("pop3", "Auth-User: u\rINJECTED")]
    [InlineData("pop3", "Auth-User: u\0INJECTED")]
    [InlineData("imap", "Auth-Pass: p\0INJECTED")]
    [InlineData("pop3", "Auth-Pass: p\rINJECTED")]
    [InlineData("smtp", "Auth-User: u\0INJECTED")]
    [InlineData("imap", "Auth-Server: 127.0.0.1\0INJECTED")]
    [InlineData("imap", "Auth-Port: 1\rINJECTED")]
    public async Task An_answer_of_the_auth_server_reaches_nobody_raw(string protocol, string header)
    {
        await using var setting = await StartAsync(protocol, "", header);
        using var client = await setting.ConnectAsync();
        var command = protocol switch { "imap" => "a AUTHENTICATE", _ => "AUTH" };
        await client.SendAsync($"{command} PLAIN {Base64("\0user\0pass")}\r\n");
        await client.ReadLineAsync();
        client.ShutdownSend();
        await client.ReadToEndAsync();

        setting.AssertNothingInjected();
        Assert.DoesNotMatch(@"\0|\r(?!\n)|\nINJECTED", client.Received);
    }

    [Theory]
    [InlineData("evil\r\nX-INJECTED: 1")]
    [InlineData("evil\0INJECTED")]
    [InlineData("evil LOGIN=INJECTED")]
    public async Task A_PTR_name_reaches_nobody_raw(string name)
    {
        await using var dns = new UdpDnsServer().WithPointer("1.0.0.127.in-addr.arpa", name).WithAddress(name, "127.0.0.1");
        await using var setting = await StartAsync("smtp", $"resolver {dns.EndPoint};");
        using var client = await setting.ConnectAsync();
        await client.SendAsync($"AUTH PLAIN {Base64("\0user\0pass")}\r\n");
        Assert.Equal("235 2.0.0 OK\r\n", await client.ReadLineAsync());

        Assert.Equal("[TEMPUNAVAIL]", Assert.Single(setting.Auth.Requests)["Client-Host"]);
        setting.AssertNothingInjected();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.Latin1.GetBytes(text));

    private static async Task<Setting> StartAsync(string protocol, string directives, string header = "X-Nothing: 0")
    {
        var setting = new Setting(protocol, header);
        setting.Proxy = await ProxyServer.StartAsync(
            $"auth_http {setting.Auth.Url}; server {{ listen 127.0.0.1:{setting.Port}; protocol {protocol}; {directives} }}");
        return setting;
    }

    /// <summary>An auth server that lets everybody in, and an upstream that says yes to everything.</summary>
    private sealed class Setting : IAsyncDisposable
    {
        public Setting(string protocol, string header)
        {
            Upstream = new PeerServer(peer => SayYesAsync(peer, protocol));
            Auth = AuthHttpServer.Answering(_ => AuthHttpServer.Accept(Upstream.Port, more: header));
        }

        public AuthHttpServer Auth { get; }

        public int Port { get; } = FreePort.Take();

        public ProxyServer Proxy { get; set; } = null!;

        public PeerServer Upstream { get; }

        public async Task<Peer> ConnectAsync()
        {
            var client = await Peer.ConnectAsync(Port);
            await client.ReadLineAsync();
            return client;
        }

        public void AssertNothingInjected()
        {
            foreach (var request in Auth.Requests)
                Assert.All(request.Text.Split("\r\n").Skip(1), line => Assert.Matches(@"^([A-Za-z-]+: [^\0\r\n]*)?$", line));
            foreach (var peer in Upstream.Peers)
                Assert.DoesNotMatch(@"\0|\r(?!\n)|(?<!\r)\n|(^|\n)INJECTED", peer.Received);
        }

        public async ValueTask DisposeAsync()
        {
            await Proxy.DisposeAsync();
            await Auth.DisposeAsync();
            await Upstream.DisposeAsync();
        }

        private static async Task SayYesAsync(Peer peer, string protocol)
        {
            await peer.SendAsync(protocol switch { "imap" => "* OK\r\n", "pop3" => "+OK\r\n", _ => "220 up\r\n" });
            string line;
            while ((line = await peer.ReadLineAsync()) != "")
            {
                await peer.SendAsync(protocol switch
                {
                    "imap" => line.EndsWith("}\r\n", StringComparison.Ordinal) ? "+ go\r\n" : "a OK in\r\n",
                    "pop3" => "+OK in\r\n",
                    _ when line.StartsWith("EHLO", StringComparison.Ordinal) => "250-up\r\n250 XCLIENT NAME ADDR LOGIN HELO\r\n",
                    _ => "250 ok\r\n",
                });
            }
        }
    }
}

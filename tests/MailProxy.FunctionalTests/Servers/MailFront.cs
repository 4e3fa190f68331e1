using System.Globalization;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>The proxy under test in front of the real servers, one server for each protocol, with an auth server that lets everybody in.</summary>
internal sealed class MailFront : IAsyncDisposable
{
    private static int _users;

    private MailFront(MailServers servers) => Auth = AuthHttpServer.Running(
        async (request, peer) => await peer.SendAsync(AuthHttpServer.Accept(await PortAsync(servers, request["Auth-Protocol"]))));

    public AuthHttpServer Auth { get; }

    public int Imap { get; } = FreePort.Take();

    public int Pop3 { get; } = FreePort.Take();

    public int Smtp { get; } = FreePort.Take();

    public ProxyServer Proxy { get; private set; } = null!;

    public static async Task<MailFront> StartAsync(MailServers servers, string directives = "", string listen = "")
    {
        var front = new MailFront(servers);
        front.Proxy = await ProxyServer.StartAsync($$"""
            auth_http {{front.Auth.Url}};
            server_name mx.test;
            {{directives}}
            server { listen 127.0.0.1:{{front.Imap}} {{listen}}; protocol imap; }
            server { listen 127.0.0.1:{{front.Pop3}} {{listen}}; protocol pop3; }
            server { listen 127.0.0.1:{{front.Smtp}} {{listen}}; protocol smtp; smtp_capabilities PIPELINING 8BITMIME "SIZE 50000000"; }
            """);
        return front;
    }

    /// <summary>A user that no other test has, with an empty mailbox.</summary>
    public static string NewUser() => string.Create(CultureInfo.InvariantCulture, $"user{Interlocked.Increment(ref _users)}");

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await Auth.DisposeAsync();
    }

    private static async Task<int> PortAsync(MailServers servers, string? protocol) => protocol switch
    {
        "imap" => (await servers.DovecotAsync()).Imap,
        "pop3" => (await servers.DovecotAsync()).Pop3,
        _ => (await servers.PostfixAsync()).Smtp,
    };
}

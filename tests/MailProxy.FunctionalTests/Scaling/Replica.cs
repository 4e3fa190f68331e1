using System.Globalization;
using System.Text.Json;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Scaling;

/// <summary>One of several equal proxies behind a balancer: its ports stay, its process is replaced. It takes clients' addresses from the balancer.</summary>
internal sealed class Replica(string name, string directives, int imapServer, int pop3Server, int smtpServer) : IAsyncDisposable
{
    private ProxyServer? _proxy;

    /// <summary>The word among its IMAP capabilities that tells a client which replica it is at.</summary>
    public string Capability => "X-REPLICA-" + name;

    public string Name => name;

    public int Imap { get; } = FreePort.Take();

    public int Pop3 { get; } = FreePort.Take();

    public int Smtp { get; } = FreePort.Take();

    public Uri Http { get; } = new($"http://127.0.0.1:{FreePort.Take()}/");

    /// <summary>The process that runs now.</summary>
    public ProxyServer Proxy => _proxy ?? throw new InvalidOperationException("The replica was not started.");

    /// <summary>Starts the first process, or the successor of one that has ended.</summary>
    public async Task StartAsync()
    {
        await DisposeAsync();
        _proxy = await ProxyServer.StartAsync(new MailProxyServer { Http = Http }, $$"""
            access_log stdout json;
            set_real_ip_from 127.0.0.1;
            server { listen 127.0.0.1:{{Imap}} proxy_protocol; protocol imap; proxy_pass 127.0.0.1:{{imapServer}}; imap_capabilities IMAP4rev1 IDLE {{Capability}}; }
            server { listen 127.0.0.1:{{Pop3}} proxy_protocol; protocol pop3; proxy_pass 127.0.0.1:{{pop3Server}}; }
            server { listen 127.0.0.1:{{Smtp}} proxy_protocol; protocol smtp; proxy_pass 127.0.0.1:{{smtpServer}}; xclient off; }
            """, directives);
    }

    /// <summary>The ports of clients whose sessions the process has closed because of its shutdown, by its access log.</summary>
    public HashSet<int> ShutDownSessions() =>
    [
        .. Proxy.Process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(record => record.GetProperty("status").GetString() == "shutdown")
            .Select(record => record.GetProperty("remote_port").GetInt32()),
    ];

    /// <summary>How many logins the process has seen through.</summary>
    public int Logins() => Proxy.Log.Split("client logged in").Length - 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"replica {name} (process {Proxy.Process.Id})");

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        _proxy = null;
    }
}

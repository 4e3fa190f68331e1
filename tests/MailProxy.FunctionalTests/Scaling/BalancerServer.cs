using System.Net.Sockets;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Scaling;

/// <summary>
/// A HAProxy in front of replicas: it asks their <c>/readyz</c>, sends connections to those that are ready, and
/// says by PROXY who the client is. It tries no connection twice: what a replica refuses, the client feels.
/// </summary>
internal sealed class BalancerServer : IAsyncDisposable
{
    private const int NameColumn = 1;
    private const int StatusColumn = 17;

    private readonly TempDirectory _directory = new("balancer");
    private ChildProcess? _process;

    public int Imap { get; } = FreePort.Take();

    public int Pop3 { get; } = FreePort.Take();

    public int Smtp { get; } = FreePort.Take();

    private string StatsSocket => _directory.Combine("stats");

    public static async Task<BalancerServer> StartAsync(Replica[] replicas)
    {
        var server = new BalancerServer();
        try
        {
            var file = server._directory.Combine("haproxy.cfg");
            await File.WriteAllTextAsync(file, server.Configuration(replicas));
            server._process = ChildProcess.Start("/usr/sbin/haproxy", ["-db", "-f", file]);
            foreach (var port in new[] { server.Imap, server.Pop3, server.Smtp }) await Peer.WaitForListenerAsync(port);
            // It is put in its place when the ports are taken already.
            await Patience.UntilAsync(() => Peer.IsListening(new UnixDomainSocketEndPoint(server.StatsSocket)), () => "the balancer's own socket");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the balancer finds that a replica is ready, or that it is not.</summary>
    public Task WaitForStatusAsync(Replica replica, string status)
    {
        var last = "";
        return Patience.UntilAsync(
            async () => (last = await StatusAsync(replica)) == status,
            () => $"{replica} to be {status} for the balancer, where it is {last}:\n{_process?.Output}\n{replica.Proxy.Log}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<string> StatusAsync(Replica replica)
    {
        using var admin = await Peer.ConnectAsync(new UnixDomainSocketEndPoint(StatsSocket));
        await admin.SendAsync("show stat\n");
        var table = await admin.ReadToEndAsync();
        var row = table.Split('\n').Select(line => line.Split(',')).First(row => row.Length > StatusColumn && row[NameColumn] == replica.Name);
        return row[StatusColumn];
    }

    private string Configuration(Replica[] replicas) => $$"""
        global
          log stdout format raw local0
          stats socket {{StatsSocket}} mode 600
        defaults
          mode tcp
          log global
          retries 0
          timeout connect 20s
          timeout client 10m
          timeout server 10m
          timeout check 5s
        {{Listen("imap", Imap, replicas, replica => $"{replica.Imap} check port {replica.Http.Port} inter 100ms fall 2 rise 1")}}
          option httpchk GET /readyz
        {{Listen("pop3", Pop3, replicas, replica => $"{replica.Pop3} track imap/{replica.Name}")}}
        {{Listen("smtp", Smtp, replicas, replica => $"{replica.Smtp} track imap/{replica.Name}")}}

        """;

    private static string Listen(string name, int port, Replica[] replicas, Func<Replica, string> server) => $"""
        listen {name}
          bind 127.0.0.1:{port}
        {string.Join('\n', replicas.Select(replica => $"  server {replica.Name} 127.0.0.1:{server(replica)} send-proxy-v2"))}
        """;
}

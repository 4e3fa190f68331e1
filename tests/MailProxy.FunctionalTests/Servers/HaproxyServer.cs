using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>A HAProxy that wants a PROXY header, checks it, logs what it says, and passes the session on without it.</summary>
internal sealed class HaproxyServer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new("haproxy");
    private ChildProcess? _process;

    public int Port { get; } = FreePort.Take();

    /// <summary>A line for each session that has ended.</summary>
    public string Log => _process?.Output ?? "";

    /// <param name="upstream">The port behind it.</param>
    public static async Task<HaproxyServer> StartAsync(int upstream)
    {
        var server = new HaproxyServer();
        try
        {
            var file = server._directory.Combine("haproxy.cfg");
            await File.WriteAllTextAsync(file, $$"""
                global
                  log stdout format raw local0
                defaults
                  mode tcp
                  timeout connect 20s
                  timeout client 20s
                  timeout server 20s
                frontend behind_the_proxy
                  bind 127.0.0.1:{{server.Port}} accept-proxy
                  log global
                  log-format "client=%ci:%cp authority=<%[fc_pp_authority]>"
                  default_backend mail
                backend mail
                  server one 127.0.0.1:{{upstream}}

                """);
            server._process = ChildProcess.Start("/usr/sbin/haproxy", ["-db", "-f", file]);
            await Peer.WaitForListenerAsync(server.Port);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public Task WaitForLogAsync(string text) => Patience.UntilAsync(
        () => Log.Contains(text, StringComparison.Ordinal), () => $"\"{text}\" in HAProxy's log:\n{Log}\n{_process?.Error}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _directory.Dispose();
    }
}

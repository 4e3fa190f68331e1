using System.Globalization;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>A PostgreSQL of the tests' own, which can be stopped and started again. Everybody on loopback is who they say.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new("pg");
    private ChildProcess? _process;

    public int Port { get; } = FreePort.Take();

    /// <summary>With a password, which the server does not ask for, but which no log may show.</summary>
    public string Connection => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=postgres;Password=hunter2;Database=postgres");

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer();
        try
        {
            (await ChildProcess.RunAsync("install", "-d", "-o", "postgres", "-g", "postgres", "-m", "700", server.Data)).Succeeded.ToString();
            (await ChildProcess.RunAsync("setpriv", [.. AsPostgres, Tool("initdb"), "-D", server.Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])).Succeeded.ToString();
            await server.RestartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, also after <see cref="StopAsync"/>.</summary>
    public async Task RestartAsync()
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        _process = ChildProcess.Start("setpriv", [.. AsPostgres, Tool("postgres"), "-D", Data, "-p", port, "-k", Data, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
        await Patience.UntilAsync(() => _process.Error.Contains("ready to accept connections", StringComparison.Ordinal), () => $"PostgreSQL: {_process.Error}");
    }

    /// <summary>Runs statements.</summary>
    public async Task ExecuteAsync(string sql) =>
        (await ChildProcess.RunAsync("psql", "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-c", sql)).Succeeded.ToString();

    /// <summary>It answers nobody any longer, and closes nothing, as where its disk hangs.</summary>
    public void Freeze() => _process!.Freeze();

    /// <summary>It goes on where it was.</summary>
    public void Thaw() => _process!.Thaw();

    /// <summary>Stops it, with its clients' connections.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) Thaw();
        if (!_process.HasExited) _process.Signal(Signals.Interrupt);
        await _process.WaitForExitAsync();
        await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
    }

    private static string[] AsPostgres => ["--reuid=postgres", "--regid=postgres", "--clear-groups"];

    private string Data => _directory.Combine("data");

    /// <summary>Debian keeps those of each version in a directory of their own.</summary>
    private static string Tool(string name) => Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin", name)).Last(File.Exists);
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>A proxy with a configuration of the test's own: MailProxy, or nginx where a test or the harness is to be proven.</summary>
internal abstract partial class ProxyServer : IAsyncDisposable
{
    /// <summary>Users' password in all tests, so that every log can be searched for it.</summary>
    public const string Secret = "Jx7-never-in-a-log";

    private readonly TempDirectory _directory = new("proxy");
    private ChildProcess? _process;

    public string ConfigurationFile => _directory.Combine("mailproxy.conf");

    public string PidFile => _directory.Combine("proxy.pid");

    public string LogFile => _directory.Combine("error.log");

    /// <summary>Whom the proxy becomes: an account and its group.</summary>
    public string Account { get; init; } = "root root";

    /// <summary>Where the HTTP side listens.</summary>
    public Uri Http { get; init; } = new($"http://127.0.0.1:{FreePort.Take()}/");

    public ChildProcess Process => _process ?? throw new InvalidOperationException("The proxy was not started.");

    public string Log
    {
        get
        {
            if (!File.Exists(LogFile)) return "";
            using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new StreamReader(stream, Encoding.Latin1).ReadToEnd();
        }
    }

    /// <summary>Set by PROXY_UNDER_TEST=nginx: every test that nginx can pass runs against it, which proves the test.</summary>
    public static bool NginxIsUnderTest => Environment.GetEnvironmentVariable("PROXY_UNDER_TEST") == "nginx";

    /// <summary>A line for the main context that every configuration of this proxy has.</summary>
    protected virtual string MainLine => "";

    /// <summary>Starts the proxy under test.</summary>
    public static Task<ProxyServer> StartAsync(string mail, string main = "", int workerConnections = 4096) =>
        StartAsync(NginxIsUnderTest ? new NginxServer() : new MailProxyServer(), mail, main, workerConnections);

    public static async Task<ProxyServer> StartAsync(ProxyServer proxy, string mail, string main = "", int workerConnections = 4096)
    {
        try
        {
            proxy.WriteConfiguration(mail, main, workerConnections);
            proxy._process = proxy.StartProcess();
            await proxy.WaitUntilReadyAsync(mail);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the file that the proxy reads when it starts and at HUP.</summary>
    public void WriteConfiguration(string mail, string main = "", int workerConnections = 4096) => File.WriteAllText(ConfigurationFile, $$"""
        user {{Account}};
        pid {{PidFile}};
        error_log {{LogFile}} info;
        events { worker_connections {{workerConnections}}; }
        {{MainLine}}
        {{main}}
        mail {
        {{mail}}
        }

        """);

    public Task WaitForLogAsync(string text, int times = 1) => Patience.UntilAsync(
        () => Log.Split(text).Length > times, () => $"\"{text}\" in the log:\n{Log}");

    /// <summary>Waits until every socket that the configuration names takes connections.</summary>
    public async Task WaitUntilReadyAsync(string mail)
    {
        foreach (var endPoint in Listeners(mail))
        {
            await Patience.UntilAsync(
                () => Process.HasExited || Peer.IsListening(endPoint),
                () => $"{GetType().Name} to listen on {endPoint}; it said: {Process.Error}\n{Log}");
            if (Process.HasExited) throw new InvalidOperationException($"{GetType().Name} ended: {Process.Error}\n{Log}");
        }
    }

    /// <summary>Ends the proxy by a signal and returns its exit code.</summary>
    public Task<int> EndAsync(int signal)
    {
        Process.Signal(signal);
        return Process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        var logged = Log + _process?.Error + _process?.Output;
        _directory.Dispose();
        // A secret in a log is a failure of whatever test was running.
        Assert.DoesNotContain(Secret, logged, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.ASCII.GetBytes(Secret)), logged, StringComparison.Ordinal);
        CheckLines(logged);
    }

    protected abstract ChildProcess StartProcess();

    /// <summary>Looks whether what peers said has made lines of its own.</summary>
    protected virtual void CheckLines(string logged)
    {
    }

    private static IEnumerable<EndPoint> Listeners(string mail)
    {
        foreach (Match listen in ListenDirective().Matches(mail))
        {
            var address = listen.Groups[1].Value;
            if (address.StartsWith("unix:", StringComparison.Ordinal)) yield return new UnixDomainSocketEndPoint(address[5..]);
            else if (IPEndPoint.TryParse(address, out var endPoint)) yield return endPoint;
            else yield return new IPEndPoint(IPAddress.Loopback, int.Parse(address.Split(':', '-')[^1], CultureInfo.InvariantCulture));
        }
    }

    [GeneratedRegex(@"\blisten\s+([^\s;]+)")]
    private static partial Regex ListenDirective();
}

using System.Text.RegularExpressions;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>The program that was built beside these tests.</summary>
internal sealed partial class MailProxyServer : ProxyServer
{
    /// <summary>The program's file.</summary>
    public static string Program { get; } = Path.Combine(
        System.Environment.GetEnvironmentVariable("MAILPROXY_DIRECTORY") ?? AppContext.BaseDirectory.Replace("tests/MailProxy.FunctionalTests", "src/MailProxy.Server", StringComparison.Ordinal), "mailproxy");

    /// <summary>The repository that holds program and tests.</summary>
    public static string Repository { get; } =
        AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf("/tests/MailProxy.FunctionalTests", StringComparison.Ordinal)];

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>PROXY_UNDER_TEST=managed: every test runs on the portable transport, with SslStream in place of OpenSSL.</summary>
    public static bool IsManaged => System.Environment.GetEnvironmentVariable("PROXY_UNDER_TEST") == "managed";

    /// <summary>Runs on the loops whatever is under test: for tests of the loops.</summary>
    public bool IsOnLoops { get; init; }

    protected override string MainLine => IsManaged && !IsOnLoops ? "transport managed;" : "";

    protected override ChildProcess StartProcess()
    {
        Environment["ASPNETCORE_URLS"] = Http.ToString();
        // At once: TERM would wait for the sessions that a test has left open.
        return ChildProcess.Start(Program, ["-c", ConfigurationFile], Environment, endSignal: Signals.Interrupt);
    }

    protected override void CheckLines(string logged)
    {
        foreach (var line in logged.Split('\n', StringSplitOptions.RemoveEmptyEntries)) Assert.Matches(LogLine(), line);
    }

    [GeneratedRegex(@"^(mailproxy: \[[a-z]+\] |\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: |\{\x22)[^\x00-\x1f\x7f]*$")]
    private static partial Regex LogLine();
}

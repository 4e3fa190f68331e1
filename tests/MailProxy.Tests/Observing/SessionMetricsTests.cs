using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Observing.Metrics;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.Upstreams.Groups;
using MailProxy.UserDirectory.Stores;
using Prometheus;

namespace MailProxy.Tests.Observing;

/// <summary>README's table of metrics against what the registry exports.</summary>
public sealed partial class SessionMetricsTests
{
    [Fact]
    public async Task Readme_lists_every_metric_with_its_type_labels_and_meaning()
    {
        var exported = await ExportAsync();
        var rows = Row().Matches(Readme).ToDictionary(match => match.Groups["name"].Value, match => match.Groups);
        Assert.Equal(Help().Matches(exported).Select(match => match.Groups[1].Value).Order(), rows.Keys.Order());
        foreach (var (name, row) in rows)
        {
            Assert.Contains($"# HELP {name} {row["help"].Value}\n", exported, StringComparison.Ordinal);
            Assert.Contains($"# TYPE {name} {row["type"].Value}\n", exported, StringComparison.Ordinal);
            foreach (var label in row["labels"].Value.Split(", ").Where(label => label != "none")) Assert.Matches($"(?m)^{name}.*[{{,]{label.Trim('`')}=\"", exported);
        }
    }

    [Fact]
    public void Readme_lists_every_end_reason_and_result()
    {
        foreach (var reason in Enum.GetNames<SessionEndReason>().Concat(Enum.GetNames<LoginResult>()).Concat(Enum.GetNames<HandshakeResult>()).Concat(Enum.GetNames<AuthRequestResult>()).Concat(Enum.GetNames<AuthEndpointResult>()))
            Assert.Contains($"`{SnakeCase().Replace(reason, "_$0").ToLowerInvariant()}`", Readme, StringComparison.Ordinal);
    }

    private static string Readme { get; } = File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../README.md"));

    private static async Task<string> ExportAsync()
    {
        var registry = Metrics.NewCustomRegistry();
        _ = new LoopMetrics(Metrics.WithCustomRegistry(registry));
        new LogMetrics(Metrics.WithCustomRegistry(registry)).Opened("stderr");
        _ = new ProcessMetrics(Metrics.WithCustomRegistry(registry)).Ready;
        _ = new AuthMetrics(Metrics.WithCustomRegistry(registry));
        new CertificateMetrics(Metrics.WithCustomRegistry(registry)).Publish([("/c.pem", DateTimeOffset.UnixEpoch)]);
        new PassdbServices(Metrics.WithCustomRegistry(registry), TimeProvider.System).Metrics.Observe("static", PassdbStatus.Ok, TimeSpan.Zero);
        var metrics = new SessionMetrics(Metrics.WithCustomRegistry(registry), "imap");
        var group = new UpstreamGroup(new UpstreamGroupOptions { Name = "pool", Servers = [new UpstreamServerOptions { Address = new("127.0.0.1", 143) }] }, TimeProvider.System);
        var upstreams = new UpstreamMetrics(Metrics.WithCustomRegistry(registry), registry) { Groups = [group] };
        upstreams.Picked(group, group.Peers[0]);
        upstreams.Failed(group, group.Peers[0], UpstreamFailure.Connect);
        metrics.Logins("plain", LoginResult.Ok).Inc();
        await using var stream = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^\| `(?<name>mailproxy_\w+)` \| (?<type>\w+) \| (?<labels>[^|]+) \| (?<help>[^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^# HELP (\w+)", RegexOptions.Multiline)]
    private static partial Regex Help();

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex SnakeCase();
}

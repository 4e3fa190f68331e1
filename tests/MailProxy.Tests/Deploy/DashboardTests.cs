using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MailProxy.Tests.Deploy;

/// <summary>The Grafana dashboard that ships, as far as it can be judged without Grafana.</summary>
public sealed partial class DashboardTests
{
    private static readonly JsonElement Dashboard = JsonDocument.Parse(Read("deploy/grafana/mailproxy.json")).RootElement;

    private static IEnumerable<JsonElement> Panels => Dashboard.GetProperty("panels").EnumerateArray();

    [Fact]
    public void Panels_have_ids_of_their_own_and_types_that_Grafana_still_has()
    {
        var ids = Panels.Select(panel => panel.GetProperty("id").GetInt32()).ToList();
        Assert.Equal(ids.Distinct(), ids);
        string[] types = ["row", "stat", "timeseries", "state-timeline", "bargauge"];
        Assert.All(Panels, panel => Assert.Contains(panel.GetProperty("type").GetString(), types));
        Assert.All(Panels, panel => Assert.NotEqual("", panel.GetProperty("title").GetString()));
    }

    [Fact]
    public void Panels_fit_the_grid_and_do_not_overlap()
    {
        var cells = new HashSet<(int, int)>();
        foreach (var position in Panels.Select(panel => panel.GetProperty("gridPos")))
        {
            var (x, y, w, h) = (Number("x"), Number("y"), Number("w"), Number("h"));
            Assert.InRange(x + w, 1, 24);
            foreach (var column in Enumerable.Range(x, w))
                foreach (var line in Enumerable.Range(y, h)) Assert.True(cells.Add((column, line)), $"two panels at {column}, {line}");

            int Number(string name) => position.GetProperty(name).GetInt32();
        }
    }

    [Fact]
    public void Every_question_goes_to_the_data_source_that_is_chosen_and_to_the_instances_that_are()
    {
        var questions = Panels.Where(panel => panel.TryGetProperty("targets", out _)).ToList();
        Assert.True(questions.Count > 20);
        Assert.All(questions, panel => Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString()));
        var targets = questions.SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).ToList();
        Assert.All(targets, target => Assert.Equal("${datasource}", target.GetProperty("datasource").GetProperty("uid").GetString()));
        Assert.All(targets, target => Assert.Contains("instance=~\"$instance\"", target.GetProperty("expr").GetString(), StringComparison.Ordinal));
        Assert.Equal(["datasource", "instance", "protocol"], Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().Select(variable => variable.GetProperty("name").GetString()));
    }

    [Fact]
    public void Every_metric_of_ours_that_dashboard_and_alerts_name_is_in_Readme()
    {
        var known = Row().Matches(Read("README.md")).Select(match => match.Groups[1].Value).ToHashSet();
        var named = Metric().Matches(Read("deploy/grafana/mailproxy.json") + Read("deploy/prometheus/alerts.yml")).Select(match => match.Value).ToHashSet();
        Assert.True(named.Count > 15);
        Assert.All(named, name => Assert.Contains(name.EndsWith("_bucket", StringComparison.Ordinal) ? name[..^"_bucket".Length] : name, known));
    }

    private static string Read(string file, [CallerFilePath] string path = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(path)!, "../../..", file));

    [GeneratedRegex(@"^\| `(mailproxy_\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\bmailproxy_\w+")]
    private static partial Regex Metric();
}

using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Loading;

namespace MailProxy.Tests.Configuration;

/// <summary>README's table of directives says what the code does.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_directive_has_its_row_and_nothing_else_has()
    {
        var expected = Schema.Directives.All.Where(row => row.Option is not null).Select(Row).Order(StringComparer.Ordinal);
        var rows = Section().Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToList();
        Assert.Equal(expected, rows.Select(WithoutDescription).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.True(row.Split(" | ")[^1].TrimEnd('|', ' ').Length > 5, $"No description: {row}"));
    }

    [Fact]
    public void Every_directive_without_effect_is_named()
    {
        var text = string.Join(' ', Section());
        Assert.DoesNotContain(Schema.Directives.All.Where(row => row.Option is null), row => !text.Contains($"`{row.Name}`", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_example_loads()
    {
        var examples = Example().Matches(File.ReadAllText(Readme())).Select(match => match.Groups[1].Value).ToList();
        Assert.True(examples.Count >= 3);
        using var conf = new TestConf();
        foreach (var example in examples)
        {
            var loaded = ConfigurationLoader.Load(new ConfigurationRequest(conf.Write("c", example), conf.Directory, null, null), _ => [System.Net.IPAddress.Loopback], isPrivileged: true);
            Assert.Empty(conf.Texts(loaded));
        }
    }

    private static OptionSchema Schema => Features.BuiltIn.Schema;

    [GeneratedRegex("```nginx\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    private static string Row(Directive row)
    {
        var attribute = row.Attribute;
        return $"| `{attribute.Name}` | {Escape(Syntax(attribute))} | {Escape(Default(row))} | {Contexts(attribute.Contexts)} | `{row.Option!.Path}` |";
    }

    private static string Syntax(DirectiveAttribute attribute) => attribute.Syntax ?? attribute.Grammar.Syntax(attribute);

    private static string Default(Directive row)
    {
        if (row.Attribute.Default is { } text) return text;
        OptionBlock block = Schema.Main.Values.Contains(row.Option) ? new MailProxyOptions() : Schema.Upstream.Values.Contains(row.Option) ? new UpstreamGroupOptions() : new ServerOptions();
        return row.Option!.Get(block) switch
        {
            null or "" => "none",
            string word => word,
            bool flag => flag ? "on" : "off",
            TimeSpan time => Show(time),
            Enum choice => row.Attribute.Words[Convert.ToInt32(choice, CultureInfo.InvariantCulture)],
            int size when row.Grammar is SizeGrammar => size % 1024 == 0 ? $"{size / 1024}k" : $"{size}",
            IList { Count: 0 } => "none",
            IEnumerable words => string.Join(' ', words.Cast<object>()),
            var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    private static string Show(TimeSpan time)
    {
        if (time == TimeSpan.Zero) return "0";
        if (time.TotalHours >= 1) return $"{time.TotalHours}h";
        return time.TotalMinutes > 1 ? $"{time.TotalMinutes}m" : $"{time.TotalSeconds}s";
    }

    private static string Contexts(DirectiveContexts contexts) =>
        string.Join(", ", new[] { DirectiveContexts.Main, DirectiveContexts.Events, DirectiveContexts.Mail, DirectiveContexts.Server, DirectiveContexts.Upstream }.Where(context => contexts.HasFlag(context)).Select(context => context.ToString().ToLowerInvariant()));

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string WithoutDescription(string row) => row[..(row.TrimEnd(' ', '|').LastIndexOf(" | ", StringComparison.Ordinal) + 2)];

    private static string Readme([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "../../../README.md");

    private static IEnumerable<string> Section() =>
        File.ReadLines(Readme()).SkipWhile(line => line != "## Directives").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
}

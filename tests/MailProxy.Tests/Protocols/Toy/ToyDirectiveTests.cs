using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MailProxy.Configuration;
using MailProxy.Loading;
using MailProxy.Protocols;
using MailProxy.Tests.Configuration;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Tests.Protocols.Toy;

/// <summary>A directive of any kind is one property and, where no grammar fits, one class: the diff that CONTRIBUTING shows is all of it.</summary>
public sealed partial class ToyDirectiveTests : IDisposable
{
    private static readonly Features Features = new(new MailProtocols([.. BuiltInProtocols.Create(), new ToyProtocol(), new ToyKindsProtocol()]));
    private static readonly string Folder = Path.GetDirectoryName(ThisFile())!;
    private static readonly string Repository = Path.GetFullPath(Path.Combine(Folder, "../../../.."));

    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void The_diff_of_contributing_is_the_code_that_is_compiled()
    {
        var files = Diff();
        Assert.Equal(["ToyOptions.cs", "ToyGreetingGrammar.cs"], files.Select(file => Path.GetFileName(file.Path)));
        Assert.All(files, file =>
        {
            var code = File.ReadAllLines(Path.Combine(Repository, file.Path));
            var after = file.Lines.Where(line => line[0] != '-').Select(line => line[1..]).ToList();
            Assert.Equal(file.After, (file.After.Start, after.Count));
            Assert.Equal(file.Before.Count, file.Lines.Count(line => line[0] != '+'));
            Assert.Equal(after, code.Skip(file.After.Start - 1).Take(after.Count));
            // A new file is shown whole.
            if (file.Before.Count == 0) Assert.Equal(code.Length, after.Count);
        });
    }

    [Fact]
    public void The_diff_of_contributing_is_one_property_and_one_class_and_nobody_else_knows_the_directive()
    {
        var files = Diff();
        Assert.Single(files[0].Lines, line => line.StartsWith('+') && line.Contains("{ get; set; }", StringComparison.Ordinal));
        Assert.Single(files[1].Lines, line => line.Contains(" class ", StringComparison.Ordinal));
        Assert.DoesNotContain(files.SelectMany(file => file.Lines), line => line.StartsWith('-'));

        var source = Directory.EnumerateFiles(Path.Combine(Repository, "src"), "*.cs", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Folder, "*.cs"));
        var knowing = source.Where(file => !file.EndsWith("Tests.cs", StringComparison.Ordinal) && File.ReadAllText(file).Contains("toy_greeting", StringComparison.Ordinal));
        Assert.Equal(["ToyOptions.cs"], knowing.Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("", "", "", "hello 1")]
    [InlineData("", "toy_greeting hi 2;", "", "hi 2")]
    [InlineData("toy_greeting hi 2;", "", "", "hi 2")]
    [InlineData("toy_greeting hi 2;", "toy_greeting ho 3;", "", "ho 3")]
    [InlineData("toy_greeting hi 2;", "toy_greeting ho 3;", "Mail:Servers:0:Toy:Greeting=hey 4", "hey 4")]
    [InlineData("", "", "Mail:Toy:Greeting=hey 4", "hey 4")]
    [InlineData("", "toy_greeting ho 3;", "Mail:Toy:Greeting=hey 4", "ho 3")]
    public void The_file_and_the_keys_say_it_and_servers_inherit_it(string mail, string server, string key, string expected)
    {
        var result = Load(Conf(mail: mail, server: server), key);
        Assert.Empty(_conf.Texts(result));
        var greeting = Assert.Single(result.Options!.Servers).Toy.Greeting;
        Assert.Equal(expected, $"{greeting.Word} {greeting.Times}");
    }

    [Theory]
    [InlineData("toy_greeting hi;", "", "[emerg] invalid number of arguments in \"toy_greeting\" directive in m.conf:1")]
    [InlineData("toy_greeting hi 2 3;", "", "[emerg] invalid number of arguments in \"toy_greeting\" directive in m.conf:1")]
    [InlineData("toy_greeting hi 0;", "", "[emerg] invalid number \"0\" in m.conf:1")]
    [InlineData("toy_greeting hi 2; toy_greeting hi 2;", "", "[emerg] \"toy_greeting\" directive is duplicate in m.conf:1")]
    [InlineData("toy_start hi 2;", "", "[emerg] \"toy_start\" directive is not allowed here in m.conf:1")]
    [InlineData("toy_turn hi 2;", "", "[emerg] \"toy_turn\" directive is not allowed here in m.conf:1")]
    [InlineData("toy_number 1;", "", "[emerg] \"toy_number\" directive value must be equal to or greater than 2 in m.conf:1")]
    [InlineData("", "Mail:Servers:0:Toy:Greeting=hi", "[emerg] invalid number \"\" in Mail:Servers:0:Toy:Greeting")]
    [InlineData("", "Mail:Servers:0:Toy:Greeting:Word=hi", "[emerg] unknown configuration key \"Mail:Servers:0:Toy:Greeting:Word\"")]
    public void What_is_wrong_is_said_in_its_place(string server, string key, string expected) =>
        Assert.Equal([expected], _conf.Texts(Load(Conf(server: server), key)));

    [Fact]
    public void Each_kind_is_read_in_each_context()
    {
        _conf.Write("key", "hidden\n");
        var result = Load(Conf(
            main: "toy_start go 3;",
            events: "toy_events 5;",
            upstream: "toy_turn left 2;",
            mail: "toy_flag on; toy_words a b; toy_pair X 1; toy_pair Y 2;",
            server: "toy_number 9; toy_auto auto; toy_size 2k; toy_time 1500ms; toy_days 2d; toy_shape square; toy_colours blue; toy_text t; toy_secret file:key; toy_file a.pem; toy_state s.db;"));
        Assert.Empty(_conf.Texts(result));
        AssertKinds(result.Options!);
    }

    [Fact]
    public void Each_kind_is_read_from_keys()
    {
        _conf.Write("key", "hidden\n");
        var result = Load(
            Conf(upstream: " "),
            "Mail:Start=go 3", "Mail:Events=5", "Mail:Upstreams:0:Turn=left 2",
            "Mail:Kinds:Flag=true", "Mail:Kinds:Words:0=a", "Mail:Kinds:Words:1=b",
            "Mail:Kinds:Pairs:0:Name=X", "Mail:Kinds:Pairs:0:Value=1", "Mail:Kinds:Pairs:1:Name=Y", "Mail:Kinds:Pairs:1:Value=2",
            "Mail:Servers:0:Kinds:Number=9", "Mail:Servers:0:Kinds:Auto=auto", "Mail:Servers:0:Kinds:Size=2k", "Mail:Servers:0:Kinds:Time=00:00:01.5",
            "Mail:Servers:0:Kinds:Days=2.00:00:00", "Mail:Servers:0:Kinds:Shape=square", "Mail:Servers:0:Kinds:Colours:0=blue", "Mail:Servers:0:Kinds:Text=t",
            "Mail:Servers:0:Kinds:Secret=file:key", "Mail:Servers:0:Kinds:File=a.pem", "Mail:Servers:0:Kinds:State=s.db");
        Assert.Empty(_conf.Texts(result));
        AssertKinds(result.Options!);
    }

    private void AssertKinds(MailProxyOptions options)
    {
        Assert.Equal(new ToyGreeting("go", 3), options.Of<ToyMainKinds>().Start);
        Assert.Equal(5, options.Of<ToyMainKinds>().Events);
        Assert.Equal(new ToyGreeting("left", 2), Assert.Single(options.Upstreams).Of<ToyUpstreamKinds>().Turn);
        var server = Assert.Single(options.Servers).Of<ToyServerKinds>();
        Assert.Equal((true, 9, 0, 2048), (server.Flag, server.Number, server.Auto, server.Size));
        Assert.Equal((TimeSpan.FromSeconds(1.5), TimeSpan.FromDays(2), ToyShape.Square), (server.Time, server.Days, server.Shape));
        Assert.Equal(["blue"], server.Colours);
        Assert.Equal(["a", "b"], server.Words);
        Assert.Equal(("t", "hidden"), (server.Text, server.Secret));
        Assert.Equal((_conf.Directory + "/a.pem", _conf.Directory + "/prefix/s.db"), (server.File, server.State));
        Assert.Equal([("X", "1"), ("Y", "2")], server.Pairs.Select(pair => (pair.Name, pair.Value)));
    }

    private ConfigurationResult Load(string conf, params string[] keys)
    {
        var pairs = keys.Where(key => key.Length > 0).Select(key => key.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1]));
        var request = new ConfigurationRequest(_conf.Write("m.conf", conf), _conf.Directory + "/prefix", null, new ConfigurationBuilder().AddInMemoryCollection(pairs).Build()) { Features = Features };
        return ConfigurationLoader.Load(request, TestConf.Lookup, isPrivileged: true);
    }

    private static string Conf(string main = "", string events = "", string upstream = "", string mail = "", string server = "")
    {
        var group = upstream.Length > 0 ? $"upstream u {{ server 127.0.0.1:9; {upstream} }}" : "";
        return $"{main} events {{ {events} }} mail {{ auth_http 127.0.0.1:9; {group} {mail} server {{ listen 127.0.0.1:4190; {server} }} }}";
    }

    /// <summary>The one diff of CONTRIBUTING, file by file; each has one hunk.</summary>
    private static List<DiffFile> Diff()
    {
        var shown = Assert.Single(ShownDiff().Matches(File.ReadAllText(Path.Combine(Repository, "CONTRIBUTING.md")))).Groups[1].Value;
        return
        [
            .. from Match match in DiffParts().Matches(shown)
               select new DiffFile(match.Groups[1].Value, Range(match, 2), Range(match, 4), [.. match.Groups[6].Value.TrimEnd('\n').Split('\n')]),
        ];
    }

    private static (int Start, int Count) Range(Match match, int group) =>
        (int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[group + 1].Value, CultureInfo.InvariantCulture));

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex("```diff\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShownDiff();

    [GeneratedRegex(@"^--- [^\n]*\n\+\+\+ b/([^\n]+)\n@@ -(\d+),(\d+) \+(\d+),(\d+) @@[^\n]*\n((?:(?!--- )[^\n]+\n)+)", RegexOptions.Multiline)]
    private static partial Regex DiffParts();

    private sealed record DiffFile(string Path, (int Start, int Count) Before, (int Start, int Count) After, IReadOnlyList<string> Lines);
}

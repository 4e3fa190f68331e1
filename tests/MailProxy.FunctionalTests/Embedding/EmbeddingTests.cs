using System.Net;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Embedding;

/// <summary>The programs of docs/embedding.md, built from the packages in an empty folder.</summary>
[Collection(Alone.Name), Trait("Beyond", "nginx")]
public sealed partial class EmbeddingTests(EmbeddingTests.Packages packages) : IClassFixture<EmbeddingTests.Packages>, IDisposable
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));

    private readonly TempDirectory _folder = new("embed");
    private readonly int _port = FreePort.Take();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_program_of_the_page_serves_mail_beside_its_own_endpoint()
    {
        await using var upstream = new PeerServer(peer => ServeAsync(peer, "fred@example.org secret"));
        var program = await BuildAsync(File("Program.cs"));
        var http = FreePort.Take();
        await using var running = await StartAsync(program, http, upstream.Port);
        await LogInAsync();

        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}"), Timeout = Patience.Usual };
        Assert.Equal("hello", await client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/readyz", UriKind.Relative))).StatusCode);
        running.Signal(Signals.Terminate);
        Assert.Equal(0, await running.WaitForExitAsync());
        Assert.False(Peer.IsListening(new IPEndPoint(IPAddress.Loopback, _port)));

        await System.IO.File.WriteAllTextAsync(_folder.Combine("mailproxy.conf"), "events { }\nmail {\n    server { listen 127.0.0.1:1; protocol imap; proxy_pas x; }\n}\n");
        await using var wrong = Start(program, http);
        Assert.NotEqual(0, await wrong.WaitForExitAsync());
        Assert.Matches("""StartupException: unknown directive "proxy_pas" in .*mailproxy\.conf:3""", wrong.Error);
    }

    [Fact]
    public async Task An_authenticator_and_a_selector_of_its_own_are_a_registration_each()
    {
        await using var first = new PeerServer(peer => ServeAsync(peer, "nobody nothing"));
        await using var last = new PeerServer(peer => ServeAsync(peer, "fred inner"));
        var registrations = Shown().Matches(Page()).Select(match => match.Groups[1].Value).Where(text => text.StartsWith("builder.Services.AddSingleton", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, registrations.Count);
        await System.IO.File.WriteAllTextAsync(_folder.Combine("Mine.cs"), File("Mine.cs"));
        await System.IO.File.WriteAllTextAsync(_folder.Combine("Last.cs"), File("Last.cs"));
        const string Added = "builder.Services.AddMailProxy(\"mailproxy.conf\");\n";
        var program = await BuildAsync(File("Program.cs").Replace(Added, Added + string.Concat(registrations), StringComparison.Ordinal));
        await using var running = await StartAsync(program, FreePort.Take(), first.Port, last.Port);

        await LogInAsync();
        using var refused = await Peer.ConnectAsync(_port);
        await refused.ReadLineAsync();
        Assert.Equal("a NO no such user", await refused.AskAsync("a LOGIN fred@example.org wrong"));
    }

    private async Task<string> BuildAsync(string program)
    {
        await System.IO.File.WriteAllTextAsync(_folder.Combine("Program.cs"), program);
        await System.IO.File.WriteAllTextAsync(_folder.Combine("Own.csproj"), ProjectText().Match(Page()).Groups[1].Value);
        // What the machine has of others' packages serves; ours come from the folder, and stay out of the machine's.
        var shared = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        await using var build = ChildProcess.Start("dotnet", ["build", _folder.Combine("Own.csproj"), "-o", _folder.Combine("out"), "-nodeReuse:false", "-p:UseSharedCompilation=false", $"-p:RestoreAdditionalProjectSources={packages.Folder}", $"-p:RestorePackagesPath={_folder.Combine("packages")}", $"-p:RestoreFallbackFolders={shared}"]);
        Assert.True(await build.WaitForExitAsync(BuildLimit) == 0, build.Output);
        return _folder.Combine("out/Own.dll");
    }

    private async Task<ChildProcess> StartAsync(string program, int http, params int[] upstreams)
    {
        var configuration = ConfigurationText().Match(Page()).Groups[1].Value
            .Replace("listen 143", $"listen 127.0.0.1:{_port}", StringComparison.Ordinal)
            .Replace("server 10.0.0.11:143; server 10.0.0.12:143;", string.Concat(upstreams.Select(port => $"server 127.0.0.1:{port}; ")), StringComparison.Ordinal);
        await System.IO.File.WriteAllTextAsync(_folder.Combine("mailproxy.conf"), configuration);
        var running = Start(program, http);
        await Patience.UntilAsync(() => running.HasExited || running.Output.Contains("Application started", StringComparison.Ordinal), () => $"the program, which said {running.Output} {running.Error}");
        Assert.False(running.HasExited, running.Error);
        return running;
    }

    private ChildProcess Start(string program, int http) =>
        ChildProcess.Start("dotnet", [program, "--contentRoot", _folder.Path], new Dictionary<string, string> { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{http}" });

    private async Task LogInAsync()
    {
        using var client = await Peer.ConnectAsync(_port);
        Assert.StartsWith("* OK", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("a OK in", await client.AskAsync("a LOGIN fred@example.org secret"));
        Assert.Equal("b OK done", await client.AskAsync("b NOOP"));
    }

    /// <summary>An IMAP server that one may log in to with these words.</summary>
    private static async Task ServeAsync(Peer peer, string words)
    {
        await peer.SendAsync("* OK ready\r\n");
        var said = "";
        while (await peer.ReadLineAsync() is { Length: > 0 } line)
        {
            said += line;
            var tag = line.Split(' ')[0];
            if (line.TrimEnd().EndsWith('}')) await peer.SendAsync("+ go on\r\n");
            else if (line.Contains("NOOP", StringComparison.Ordinal)) await peer.SendAsync($"{tag} OK done\r\n");
            else await peer.SendAsync(words.Split(' ').All(word => said.Contains(word, StringComparison.Ordinal)) ? $"{said.Split(' ')[0]} OK in\r\n" : $"{said.Split(' ')[0]} NO who?\r\n");
        }
    }

    private static string File(string name) => Shown().Matches(Page()).Select(match => match.Groups[1].Value).Single(text => text.StartsWith($"// {name}\n", StringComparison.Ordinal));

    private static string Page() => System.IO.File.ReadAllText(Path.Combine(Root, "docs/embedding.md"));

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shown();

    [GeneratedRegex("```xml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ProjectText();

    [GeneratedRegex("```nginx\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ConfigurationText();

    /// <summary>A folder with the packages, as <c>dotnet pack</c> makes them of what was built.</summary>
    public sealed class Packages : IAsyncLifetime
    {
        private readonly TempDirectory _folder = new("packages");

        public string Folder => _folder.Path;

        public async ValueTask InitializeAsync()
        {
            foreach (var project in (string[])["MailProxy.Wire", "MailProxy.Transport", "MailProxy"])
            {
                await using var pack = ChildProcess.Start("dotnet", ["pack", Path.Combine(Root, "src", project), "-c", "Release", "--no-build", "-o", Folder, "-nodeReuse:false"]);
                Assert.True(await pack.WaitForExitAsync(BuildLimit) == 0, pack.Output);
                Assert.DoesNotContain("warning", pack.Output, StringComparison.Ordinal);
                Assert.Single(Directory.GetFiles(Folder, $"{project}.0.*.snupkg"));
            }
        }

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

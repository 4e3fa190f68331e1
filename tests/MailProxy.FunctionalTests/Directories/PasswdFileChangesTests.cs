using System.Diagnostics;
using System.Net;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Directories;

/// <summary>A passwd-file of 200,000 users that changes every second.</summary>
[Trait("Beyond", "nginx")]
public sealed class PasswdFileChangesTests : IAsyncLifetime
{
    private const int Users = 200_000;

    private readonly TempDirectory _directory = new("passwd");
    private readonly HttpClient _http = new();
    private ProxyServer? _proxy;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        _http.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Logins_wait_for_no_reading_and_memory_stays_within_two_tables(bool isRenamed)
    {
        var path = _directory.Combine("users");
        Write(path, 0, isRenamed: false);
        _proxy = await ProxyServer.StartAsync(new MailProxyServer(), $$"""
            passdb passwd-file {{path}} host=10.0.0.1;
            server { listen 127.0.0.1:{{FreePort.Take()}}; protocol imap; auth_http internal; }
            """);
        await Patience.UntilAsync(() => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, _proxy.Http.Port)), () => "the HTTP side");
        Assert.Equal("OK", await AskAsync(Users - 1, 0));
        // What requests themselves take is taken by now.
        for (var request = 0; request < 2000; request++) Assert.Equal("OK", await AskAsync(0, -1));
        var (before, most, longest) = (_proxy.Process.ResidentBytes, 0L, TimeSpan.Zero);

        var change = 0;
        for (var started = Stopwatch.GetTimestamp(); change < 8;)
        {
            if (Stopwatch.GetElapsedTime(started) >= change * TimeSpan.FromSeconds(1)) Write(path, ++change, isRenamed);
            var asked = Stopwatch.GetTimestamp();
            // Whatever the password is just now: a user that is there is never unknown, nor is there no answer.
            var answer = await AskAsync(0, -1);
            if (Stopwatch.GetElapsedTime(asked) is var time && time > longest) longest = time;
            most = Math.Max(most, _proxy.Process.ResidentBytes);
            Assert.Equal("OK", answer);
        }

        await Patience.UntilAsync(async () => await AskAsync(Users - 1, change) == "OK", () => "the last change");
        Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.InRange(most - before, long.MinValue, (2 * new FileInfo(path).Length) + (24 << 20));
        // On a busy machine the test writes for longer than it leaves the file alone, which may be said.
        Assert.All(
            _proxy.Log.Split('\n').Where(line => line.Contains("[error]", StringComparison.Ordinal)),
            line => Assert.Contains("is written to all the time", line, StringComparison.Ordinal));
    }

    /// <summary>The first user has always the same password, the others one for each change.</summary>
    private void Write(string path, int change, bool isRenamed)
    {
        var text = new StringBuilder();
        for (var number = 0; number < Users; number++)
            text.Append("user").Append(number).Append("@example.org:{PLAIN}secret").Append(number == 0 ? -1 : change).Append(":1000:1000:A name that is long enough:/home/user:/bin/false:\n");
        var target = isRenamed ? _directory.Combine("next") : path;
        File.WriteAllText(target, text.ToString());
        if (isRenamed) File.Move(target, path, overwrite: true);
    }

    private async Task<string> AskAsync(int user, int change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_proxy!.Http, "auth"));
        foreach (var (name, value) in new[] { ("Auth-Method", "plain"), ("Auth-User", $"user{user}@example.org"), ("Auth-Pass", $"secret{change}"), ("Auth-Protocol", "imap"), ("Auth-Login-Attempt", "1"), ("Client-IP", "192.0.2.7") })
            request.Headers.Add(name, value);
        using var answer = await _http.SendAsync(request).WithinAsync("an answer of /auth");
        return answer.Headers.GetValues("Auth-Status").Single();
    }
}

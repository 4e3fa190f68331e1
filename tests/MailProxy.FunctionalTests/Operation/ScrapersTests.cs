using System.Diagnostics;
using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MailProxy.UserDirectory.Stores.Sqlite;
using Microsoft.Data.Sqlite;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>Who asks how the proxy is, however often, takes nothing of the directory that logins need.</summary>
[Collection(Alone.Name), Trait("Beyond", "nginx")]
public sealed class ScrapersTests(ITestOutputHelper output) : IDisposable
{
    private const int Scrapers = 200;
    private const int Logins = 7;

    // On the loops a login takes a third of a second then; on the portable transport two or three, since it shares the thread pool
    // with the HTTP side. Behind 200 looks into the directory none is over in twenty.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // A table that takes some 20 ms of a processor to look into, as a large one does whose index is missing.
    private const string SlowUsers = """
        ALTER TABLE users RENAME TO people;
        INSERT INTO people (login, password) VALUES ('bad', '{PLAIN}p');
        CREATE VIEW users AS SELECT people.* FROM
            (WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number LIMIT 100000) SELECT count(*) AS n FROM number) AS slow CROSS JOIN people WHERE slow.n > 0;
        """;

    private readonly TempDirectory _directory = new("scrapers");

    public void Dispose() => _directory.Dispose();

    /// <summary>The same crowd that asks for what no database is needed for says what the machine makes of one.</summary>
    [Fact]
    public async Task Logins_wait_for_nobody_who_asks_for_readyz_and_metrics()
    {
        var users = _directory.Combine("users.db");
        new SqliteUsers(users).Create();
        await using (var connection = new SqliteConnection($"Data Source={users};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = SlowUsers;
            await command.ExecuteNonQueryAsync();
        }

        await using var upstream = Pop3Dialogue.Upstream();
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(new MailProxyServer(), $$"""
            passdb sqlite {{users}} host=127.0.0.1 port={{upstream.Port}};
            server { listen 127.0.0.1:{{port}}; protocol pop3; auth_http internal; }
            """);
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        var alone = await MedianAsync(port);
        var beside = await BesideAsync(proxy.Http, port, "livez", "livez");
        var scraped = await BesideAsync(proxy.Http, port, "readyz", "metrics");
        output.WriteLine($"{alone.TotalMilliseconds} ms, {beside.TotalMilliseconds} ms beside /livez, {scraped.TotalMilliseconds} ms beside /readyz and /metrics");
        Assert.InRange(scraped, TimeSpan.Zero, Limit);
    }

    private static async Task<TimeSpan> BesideAsync(Uri http, int port, params string[] paths)
    {
        using var stop = new CancellationTokenSource();
        using var client = new HttpClient { BaseAddress = http, Timeout = Patience.Usual };
        var asked = 0;
        var scrapers = Enumerable.Range(0, Scrapers).Select(async scraper =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var answer = await client.GetAsync(new Uri(paths[scraper % paths.Length], UriKind.Relative));
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Interlocked.Increment(ref asked);
            }
        }).ToList();
        await Patience.UntilAsync(() => Volatile.Read(ref asked) >= 2 * Scrapers, () => "the scrapers to be at it");
        var median = await MedianAsync(port);
        await stop.CancelAsync();
        await Task.WhenAll(scrapers).WithinAsync("the end of the scrapers");
        return median;
    }

    private static async Task<TimeSpan> MedianAsync(int port)
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < Logins; i++)
        {
            using var client = await Peer.ConnectAsync(port);
            var began = Stopwatch.GetTimestamp();
            await Pop3Dialogue.LogInAsync(client);
            times.Add(Stopwatch.GetElapsedTime(began));
        }

        return times.Order().ElementAt(Logins / 2);
    }
}

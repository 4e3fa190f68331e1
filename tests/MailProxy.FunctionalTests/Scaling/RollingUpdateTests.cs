using System.Diagnostics;
using System.Globalization;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Scaling;

/// <summary>Replicas behind a balancer that are replaced one by one while clients go on logging in.</summary>
[Trait("Beyond", "nginx")]
public sealed class RollingUpdateTests(MailServers servers, ITestOutputHelper output)
{
    private const int Sessions = 200;
    private const int BeginningAtOnce = 8;
    private const int LoginsBetween = 20;

    // The balancer asks ten times a second; it looks away long before the listeners close.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    // A timer of milliseconds may be early by one.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly List<IdleSession> _sessions = [];

    [Fact]
    public async Task Replicas_are_rolled_without_losing_a_login_and_idle_sessions_end_at_the_end_of_their_own_replica()
    {
        var (dovecot, postfix) = (await servers.DovecotAsync(), await servers.PostfixAsync());
        var directives = string.Create(CultureInfo.InvariantCulture, $"worker_shutdown_delay {Delay.TotalMilliseconds}ms; worker_shutdown_timeout {Timeout.TotalMilliseconds}ms;");
        await using var first = new Replica("a", directives, dovecot.Imap, dovecot.Pop3, postfix.Smtp);
        await using var second = new Replica("b", directives, dovecot.Imap, dovecot.Pop3, postfix.Smtp);
        await using var third = new Replica("c", directives, dovecot.Imap, dovecot.Pop3, postfix.Smtp);
        Replica[] replicas = [first, second, third];
        await Task.WhenAll(replicas.Select(replica => replica.StartAsync()));
        await using var balancer = await BalancerServer.StartAsync(replicas);
        try
        {
            await RollAsync(replicas, balancer);
        }
        finally
        {
            _sessions.ForEach(session => session.Dispose());
        }
    }

    private async Task RollAsync(Replica[] replicas, BalancerServer balancer)
    {
        foreach (var replica in replicas) await balancer.WaitForStatusAsync(replica, "UP");
        var user = MailFront.NewUser();
        await Parallel.ForAsync(0, Sessions, new ParallelOptions { MaxDegreeOfParallelism = BeginningAtOnce }, async (_, _) =>
        {
            var session = await IdleSession.BeginAsync(balancer.Imap, user);
            lock (_sessions) _sessions.Add(session);
        });

        await using var load = new LoginLoad(balancer);
        var open = replicas.ToDictionary(replica => replica, replica => _sessions.Where(session => session.Capabilities.Contains(replica.Capability, StringComparison.Ordinal)).ToList());
        Assert.Equal(Sessions, open.Values.Sum(sessions => sessions.Count));
        Assert.All(open.Values, sessions => Assert.NotEmpty(sessions));
        foreach (var replica in replicas)
        {
            open.Remove(replica, out var sessions);
            await DrainAsync(replica, sessions!, balancer, load);
            await CheckAsync(open.Values.SelectMany(others => others));
            await replica.StartAsync();
            await balancer.WaitForStatusAsync(replica, "UP");
            await load.WaitForMoreAsync(LoginsBetween);
            Assert.NotEqual(0, replica.Logins());
        }

        await load.EndAsync();
        output.WriteLine(load.ToString());
        Assert.True(load.Failures.Count == 0, string.Join('\n', load.Failures));
    }

    /// <summary>Ends a replica's process as an update does, and looks at its sessions meanwhile.</summary>
    private async Task DrainAsync(Replica replica, List<IdleSession> sessions, BalancerServer balancer, LoginLoad load)
    {
        await CheckAsync(sessions);
        var logins = load.Logins;
        var asked = Stopwatch.GetTimestamp();
        replica.Proxy.Process.Signal(Signals.Terminate);
        await balancer.WaitForStatusAsync(replica, "DOWN");
        var lookedAway = Stopwatch.GetElapsedTime(asked);
        await CheckAsync(sessions);
        var ends = await Task.WhenAll(sessions.Select(session => session.EndAsync()));
        Assert.Equal(0, await replica.Proxy.Process.WaitForExitAsync());
        output.WriteLine($"{replica}: not asked any more after {lookedAway.TotalSeconds:0.00} s, ended after {Stopwatch.GetElapsedTime(asked).TotalSeconds:0.00} s; {sessions.Count} idle sessions; {load.Logins - logins} logins meanwhile");

        Assert.All(ends, end => Assert.True(Stopwatch.GetElapsedTime(asked, end) >= Delay + Timeout - Tick));
        var shutDown = replica.ShutDownSessions();
        Assert.All(sessions, session => Assert.Contains(session.Port, shutDown));
        Assert.NotEqual(logins, load.Logins);
    }

    private static Task CheckAsync(IEnumerable<IdleSession> sessions) => Task.WhenAll(sessions.Select(session => session.CheckAsync()));
}

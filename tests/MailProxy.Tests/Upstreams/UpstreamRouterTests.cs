using System.Net;
using System.Text;
using MailProxy.Configuration;
using MailProxy.Resolving;
using MailProxy.Testing;
using MailProxy.Tests.Authentication;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.Upstreams.Groups;
using MailProxy.Upstreams.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace MailProxy.Tests.Upstreams;

public sealed class UpstreamRouterTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly UdpDnsServer _dns = new();
    private readonly RecordingLogger _log = new();
    private readonly MemoryUpstreams _upstreams;
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly ServerOptions _server = new() { Protocol = "imap", ServerName = "mx.test" };
    private readonly UpstreamRouter _router;
    private Exception? _failure;

    public UpstreamRouterTests()
    {
        _upstreams = new MemoryUpstreams { FailureOf = _ => _failure };
        _router = TestRouter.Create(_upstreams, new UpstreamTls(), _registry, _time);
    }

    [Fact]
    public async Task A_name_is_asked_for_again_when_its_ttl_has_passed()
    {
        _dns.WithAddress("pool.test", "10.0.0.1", ttl: 5).Failing("pool.test", UdpDnsServer.LongAddress, 0);
        Load(Named());
        var group = await FindAsync("pool");
        Assert.Equal("10.0.0.1:143", group.Choose());
        Assert.NotNull(await ChooseAsync("pool", null));
        _router.Metrics.Failed(group, group.Peers[0], UpstreamFailure.Timeout);
        Assert.Contains("mailproxy_upstream_failures_total{upstream=\"pool\",server=\"10.0.0.1:143\",reason=\"timeout\"} 1\n", await ExportAsync(), StringComparison.Ordinal);
        _dns.WithAddress("pool.test", "10.0.0.2", ttl: 5);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("10.0.0.1:143", (await FindAsync("pool")).Choose());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("10.0.0.2:143", (await FindAsync("pool")).Choose());
        Assert.Contains("upstream \"pool\" has a new server 10.0.0.2:143", _log.All, StringComparison.Ordinal);
        Assert.Contains("upstream \"pool\" has no server 10.0.0.1:143 any more", _log.All, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.1:143", await ExportAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_server_that_fails_changes_nothing()
    {
        _dns.WithAddress("pool.test", "10.0.0.1", ttl: 5).Failing("pool.test", UdpDnsServer.LongAddress, 0);
        Load(Named());
        await FindAsync("pool");
        _dns.Failing("pool.test", UdpDnsServer.Address, 2);
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("10.0.0.1:143", (await FindAsync("pool")).Choose());
        Assert.Contains("\"pool.test:143\" of upstream \"pool\" could not be resolved; what was known of it stays", _log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_server_that_is_silent_for_a_while_ends_nothing()
    {
        _dns.WithAddress("pool.test", "10.0.0.1", ttl: 5).Failing("pool.test", UdpDnsServer.LongAddress, 0);
        var options = Named();
        options.HealthCheck = new HealthCheckOptions { Interval = TimeSpan.FromSeconds(5), Fails = 1000 };   // nobody answers them here
        _server.Proxy.Pass = new UpstreamAddress("pool", null);
        Load(options);
        Assert.Equal("10.0.0.1:143", (await FindAsync("pool")).Choose());

        _dns.IsSilent = true;
        _time.Advance(TimeSpan.FromSeconds(6));
        var finding = FindAsync("pool");
        await _dns.Silenced.Task.WaitAsync(Attempts.Deadline);
        // Nobody waits for longer, and whoever comes now does not at all.
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("10.0.0.1:143", (await finding.WaitAsync(Attempts.Deadline)).Choose());
        Assert.Equal("10.0.0.1:143", (await FindAsync("pool")).Choose());
        // Past resolver_timeout, in the steps of a clock, until it is said.
        await EventuallyAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _log.All.Contains("could not be resolved", StringComparison.Ordinal);
        });
        Assert.Equal("10.0.0.1:143", (await FindAsync("pool")).Choose());

        // Neither does a reload change anything, be it of the group or not.
        Load(options);
        Assert.Equal("10.0.0.1:143", (await FindAsync("pool")).Choose());
        var changed = Named();
        changed.Servers[0].Weight = 2;
        changed.HealthCheck = options.HealthCheck;
        Load(changed);
        finding = FindAsync("pool");
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("10.0.0.1:143", (await finding.WaitAsync(Attempts.Deadline)).Choose());
        Assert.Equal(HealthStatus.Healthy, (await new UpstreamHealthCheck(_router).CheckHealthAsync(new(), CancellationToken.None)).Status);

        _dns.WithAddress("pool.test", "10.0.0.2", ttl: 5).IsSilent = false;
        await EventuallyAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _ = _router.FindAsync(_server, new UpstreamAddress("pool", null), CancellationToken.None).AsTask();
            return _log.All.Contains("upstream \"pool\" has a new server 10.0.0.2:143", StringComparison.Ordinal);
        });
        // And health checks go on, to the new one.
        using var deadline = new CancellationTokenSource(Attempts.Deadline);
        while (!Equals((await _upstreams.AcceptAsync(deadline.Token)).Proxy.RemoteEndPoint, IPEndPoint.Parse("10.0.0.2:143"))) _time.Advance(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_host_of_an_auth_server_is_known_across_a_reload()
    {
        _dns.WithAddress("host.test", "10.0.0.1").Failing("host.test", UdpDnsServer.LongAddress, 0);
        _server.Resolver.Servers = [_dns.EndPoint];
        Load(Named());
        Assert.Equal("10.0.0.1:143", (await FindAsync("host.test", 143)).Choose());
        _dns.IsSilent = true;
        Load(Named());
        Assert.Equal("10.0.0.1:143", (await FindAsync("host.test", 143)).Choose());
    }

    [Theory]
    [InlineData(UdpDnsServer.Address, "10.0.0.1:143", "[2001:db8::2]:143")]
    [InlineData(UdpDnsServer.LongAddress, "10.0.0.2:143", "[2001:db8::1]:143")]
    public async Task Half_an_answer_changes_half(int failing, params string[] expected)
    {
        _dns.WithAddress("pool.test", "10.0.0.1", ttl: 5).WithAddress("pool.test", "2001:db8::1", ttl: 5);
        Load(Named());
        await FindAsync("pool");
        _dns.WithAddress("pool.test", "10.0.0.2", ttl: 5).WithAddress("pool.test", "2001:db8::2", ttl: 5).Failing("pool.test", failing, 2);
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(expected, (await FindAsync("pool")).Peers.Select(peer => peer.Name));
    }

    [Fact]
    public async Task Of_several_name_servers_another_is_asked_where_one_fails_or_says_nothing()
    {
        await using var silent = new UdpDnsServer { IsSilent = true };
        await using var broken = new UdpDnsServer().Failing("pool.test", UdpDnsServer.Address, 2).Failing("pool.test", UdpDnsServer.LongAddress, 2);
        _dns.WithAddress("pool.test", "10.0.0.1").Failing("pool.test", UdpDnsServer.LongAddress, 0);
        var options = Named();
        options.Resolver.Servers = [broken.EndPoint, silent.EndPoint, _dns.EndPoint];
        using var router = TestRouter.Create(_upstreams, new UpstreamTls(), Metrics.NewCustomRegistry(), TimeProvider.System);
        router.PutInForce(router.Prepare(new MailProxyOptions { Servers = [_server], Upstreams = [options] }), _log);
        var routed = await router.FindAsync(_server, new UpstreamAddress("pool", null), CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
        Assert.Equal("10.0.0.1:143", routed!.Group.Choose());
    }

    [Fact]
    public async Task A_group_that_only_a_name_server_knows_becomes_ready_without_a_login()
    {
        _dns.Failing("pool.test", UdpDnsServer.Address, 2).Failing("pool.test", UdpDnsServer.LongAddress, 2);
        Load(Named());
        var check = new UpstreamHealthCheck(_router);
        async Task<string?> DescribeAsync() => (await check.CheckHealthAsync(new(), CancellationToken.None)).Description;
        Assert.Equal("no server left in pool", await DescribeAsync());
        await EventuallyAsync(() => _log.All.Contains("could not be resolved", StringComparison.Ordinal));
        _dns.WithAddress("pool.test", "10.0.0.1");
        using var deadline = new CancellationTokenSource(Attempts.Deadline);
        while ((await check.CheckHealthAsync(new(), deadline.Token)).Status != HealthStatus.Healthy)
        {
            deadline.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_check_that_breaks_in_an_odd_way_makes_a_server_unhealthy_and_goes_on()
    {
        _failure = new NotSupportedException();
        var options = Groups.Options(UpstreamMethod.RoundRobin, Groups.Server(1));
        options.HealthCheck = new HealthCheckOptions { Interval = TimeSpan.FromSeconds(5) };
        _server.Proxy.Pass = new UpstreamAddress("pool", null);
        Load(options);
        await EventuallyAsync(() => _log.All.Contains("upstream server 10.0.0.1:143 of \"pool\" is unhealthy: NotSupportedException", StringComparison.Ordinal));
        _failure = null;
        _time.Advance(TimeSpan.FromSeconds(5));
        await AnswerAsync("* OK hi\r\n", "c CAPABILITY\r\n", "c OK\r\n", "c LOGOUT\r\n");
        await EventuallyAsync(() => _log.All.Contains("upstream server 10.0.0.1:143 of \"pool\" is healthy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reload_keeps_what_is_known_of_groups_that_have_not_changed()
    {
        Load(Groups.Options(UpstreamMethod.RoundRobin, Groups.Server(1), Groups.Server(2)));
        var before = await FindAsync("pool");
        before.ReportFailure(before.Peers[0]);
        Load(Groups.Options(UpstreamMethod.RoundRobin, Groups.Server(1), Groups.Server(2)));
        Assert.Same(before, await FindAsync("pool"));
        Load(Groups.Options(UpstreamMethod.RoundRobin, Groups.Server(1), Groups.Server(2, server => server.Weight = 2)));
        Assert.NotSame(before, await FindAsync("pool"));
    }

    [Fact]
    public async Task Whoever_connects_himself_gets_an_address()
    {
        Load(Groups.Options(UpstreamMethod.ConsistentHash, Groups.Server(1), Groups.Server(2)));
        var first = await ChooseAsync("pool", null);
        Assert.Equal(first, await ChooseAsync("POOL", null));
        Assert.Equal(IPEndPoint.Parse("192.0.2.1:25"), await ChooseAsync("192.0.2.1", 25));
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:25"), await ChooseAsync("localhost", 25));
        Assert.Null(await ChooseAsync("nobody", null));
        Assert.All((await FindAsync("pool")).Peers, peer => Assert.Equal(0, peer.Sessions));
    }

    [Fact]
    public async Task Health_is_checked_up_to_what_the_server_can_do()
    {
        var options = Groups.Options(UpstreamMethod.RoundRobin, Groups.Server(1));
        options.HealthCheck = new HealthCheckOptions { Interval = TimeSpan.FromSeconds(5) };
        _server.Proxy.Pass = new UpstreamAddress("pool", null);
        Load(options);
        var group = await FindAsync("pool");

        await AnswerAsync("* OK hi\r\n", "c CAPABILITY\r\n", "* CAPABILITY IMAP4rev1\r\nc OK\r\n", "c LOGOUT\r\n");
        Assert.True(group.IsUsable(group.Peers[0]));
        _time.Advance(TimeSpan.FromSeconds(5));
        await AnswerAsync("* BYE overloaded\r\n");
        await EventuallyAsync(() => !group.IsUsable(group.Peers[0]));
        // The log is told behind the change.
        await EventuallyAsync(() => _log.All.Contains("upstream server 10.0.0.1:143 of \"pool\" is unhealthy: it says \"* BYE overloaded\"", StringComparison.Ordinal));
        Assert.Contains("mailproxy_upstream_server_up{upstream=\"pool\",server=\"10.0.0.1:143\"} 0\n", await ExportAsync(), StringComparison.Ordinal);
        var health = await new UpstreamHealthCheck(_router).CheckHealthAsync(new(), CancellationToken.None);
        Assert.Equal("no server left in pool", health.Description);
        Assert.Equal("unhealthy: it says \"* BYE overloaded\", 0 sessions", health.Data["pool 10.0.0.1:143"]);

        _time.Advance(TimeSpan.FromSeconds(5));
        await AnswerAsync("* OK hi\r\n", "c CAPABILITY\r\n", "c OK\r\n", "c LOGOUT\r\n");
        await EventuallyAsync(() => group.IsUsable(group.Peers[0]));
        await EventuallyAsync(() => _log.All.Contains("upstream server 10.0.0.1:143 of \"pool\" is healthy", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        _router.Dispose();
        await _dns.DisposeAsync();
    }

    private UpstreamGroupOptions Named()
    {
        var options = Groups.Options(UpstreamMethod.RoundRobin, new UpstreamServerOptions { Address = new("pool.test", 143), Host = "pool.test", Resolve = true });
        options.Resolver.Servers = [_dns.EndPoint];
        return options;
    }

    private void Load(UpstreamGroupOptions group) => _router.PutInForce(_router.Prepare(new MailProxyOptions { Servers = [_server], Upstreams = [group] }), _log);

    private async Task<UpstreamGroup> FindAsync(string name, int? port = null) =>
        (await _router.FindAsync(_server, new UpstreamAddress(name, port), CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline))!.Group;

    private async Task<IPEndPoint?> ChooseAsync(string host, int? port) =>
        await _router.ChooseAsync(new UpstreamAddress(host, port), "fred"u8.ToArray(), null, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);

    /// <summary>The server's lines and, in between, what it is asked.</summary>
    private async Task AnswerAsync(params string[] lines)
    {
        using var deadline = new CancellationTokenSource(Attempts.Deadline);
        var peer = (await _upstreams.AcceptAsync(deadline.Token)).Peer;
        for (var i = 0; i < lines.Length; i++)
        {
            if (i % 2 == 0) await peer.Output.WriteAsync(Encoding.ASCII.GetBytes(lines[i]), deadline.Token);
            else await new TranscriptPeer(peer).ExpectAsync(lines[i], deadline.Token);
        }

        await new TranscriptPeer(peer).ExpectCloseAsync(deadline.Token);
    }

    private async Task<string> ExportAsync()
    {
        await using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Attempts.Deadline);
        while (!condition())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

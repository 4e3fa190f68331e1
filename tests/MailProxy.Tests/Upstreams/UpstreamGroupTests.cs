using System.Net;
using System.Text;
using MailProxy.Configuration.Binding;
using MailProxy.Upstreams;
using MailProxy.Upstreams.Groups;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Upstreams;

public sealed class UpstreamGroupTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _changes = [];

    [Fact]
    public void A_server_is_avoided_after_max_fails_for_fail_timeout()
    {
        var group = Group(Groups.Server(1, server => server.MaxFails = 2), Groups.Server(2));
        Fail(group, 0);
        Assert.Contains("10.0.0.1:143", Choices(group));
        Fail(group, 0);
        Assert.Equal(["10.0.0.2:143"], Choices(group));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["10.0.0.2:143"], Choices(group));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("10.0.0.1:143", Choices(group));
        Assert.Equal(["10.0.0.1:143 Avoided"], _changes);
    }

    [Fact]
    public void One_good_login_forgives_all_failures()
    {
        var group = Group(Groups.Server(1), Groups.Server(2));
        Fail(group, 0);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Contains("10.0.0.1:143", Choices(group));
        group.ReportSuccess(group.Peers[0]);
        Assert.Equal(["10.0.0.1:143 Avoided", "10.0.0.1:143 Back"], _changes);
        Assert.True(group.IsUsable(group.Peers[0]));
    }

    [Fact]
    public void A_server_that_failed_once_more_is_avoided_again_at_once()
    {
        var group = Group(Groups.Server(1), Groups.Server(2));
        Fail(group, 0);
        _time.Advance(TimeSpan.FromSeconds(11));
        Fail(group, 0);
        Assert.Equal(["10.0.0.2:143"], Choices(group));
    }

    [Fact]
    public void The_only_server_is_never_avoided()
    {
        var group = Group(Groups.Server(1));
        Fail(group, 0);
        Assert.Equal("10.0.0.1:143", group.Choose());
        Assert.Empty(_changes);
    }

    [Fact]
    public void A_server_with_max_fails_0_is_never_avoided()
    {
        var group = Group(Groups.Server(1, server => server.MaxFails = 0), Groups.Server(2));
        for (var i = 0; i < 5; i++) Fail(group, 0);
        Assert.Contains("10.0.0.1:143", Choices(group));
    }

    [Fact]
    public void A_backup_is_used_when_no_other_is_left()
    {
        var group = Group(Groups.Server(1), Groups.Server(2, server => server.Backup = true));
        Assert.Equal(["10.0.0.1:143"], Choices(group));
        Assert.Equal("10.0.0.2:143", group.Choose(tried: group.Peers[0]));
        Assert.Null(group.Choose("", [.. group.Peers]));
    }

    [Fact]
    public void Servers_that_are_down_or_drained_get_nothing()
    {
        var group = Group(Groups.Server(1, server => server.Down = true), Groups.Server(2, server => server.Drain = true), Groups.Server(3));
        Assert.Equal(["10.0.0.3:143"], Choices(group));
        Assert.False(group.IsUsable(group.Peers[0]));
        Assert.False(group.IsUsable(group.Peers[1]));
    }

    [Fact]
    public void A_full_server_gets_the_next_session_when_one_ends()
    {
        var group = Group(Groups.Server(1, server => server.MaxConns = 2));
        var first = group.Take([], [])!;
        Assert.NotNull(group.Take([], []));
        Assert.Null(group.Take([], []));
        first.Release();
        Assert.Equal(first, group.Take([], []));
    }

    [Fact]
    public void Health_checks_count_in_a_row_and_a_good_one_forgives_failed_logins()
    {
        var check = new HealthCheckOptions { Fails = 2, Passes = 2 };
        var group = Group(Groups.Server(1), Groups.Server(2));
        var peer = group.Peers[0];
        foreach (var isGood in (bool[])[false, true, false, false]) group.ReportCheck(peer, isGood, check);
        Assert.Equal(["10.0.0.2:143"], Choices(group));
        group.ReportCheck(peer, isGood: true, check);
        Assert.Equal(["10.0.0.2:143"], Choices(group));
        group.ReportCheck(peer, isGood: true, check);
        Assert.Equal(["10.0.0.1:143 Unhealthy", "10.0.0.1:143 Healthy"], _changes);
        Fail(group, 0);
        group.ReportCheck(peer, isGood: true, check);
        Assert.Contains("10.0.0.1:143", Choices(group));
    }

    [Theory]
    [InlineData("$auth_user", "fred")]
    [InlineData("${auth_user}", "fred")]
    [InlineData("$remote_addr", "192.0.2.9")]
    [InlineData("$auth_user$remote_addr", "fred192.0.2.9")]
    [InlineData("a-${auth_user}-$remote_addr.z", "a-fred-192.0.2.9.z")]
    [InlineData("all", "all")]
    public void The_key_is_made_of_its_variables(string key, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(Key(key).Expand("fred"u8.ToArray(), IPAddress.Parse("192.0.2.9"), isExact: false)));

    [Theory]
    [InlineData("Alice@Example.ORG", "alice@example.org", "Alice@Example.ORG")]
    [InlineData(" \tALICE@ ", "alice@", " \tALICE@ ")]
    [InlineData("al ice", "al ice", "al ice")]
    [InlineData("J\u00d6RG", "j\u00d6rg", "J\u00d6RG")]
    [InlineData("\u00a0A", "\u00a0a", "\u00a0A")]
    [InlineData("  ", "", "  ")]
    public void A_login_is_one_key_however_it_is_spelt(string login, string folded, string exact)
    {
        var bytes = Encoding.UTF8.GetBytes(login);
        Assert.Equal(folded, Encoding.UTF8.GetString(Key("$auth_user").Expand(bytes, null, isExact: false)));
        Assert.Equal($"A-{folded}", Encoding.UTF8.GetString(Key("A-$auth_user").Expand(bytes, null, isExact: false)));
        Assert.Equal(exact, Encoding.UTF8.GetString(Key("$auth_user").Expand(bytes, null, isExact: true)));
        Assert.Equal(login, Encoding.UTF8.GetString(bytes));                  // what the upstream is told stays as it was
    }

    [Theory]
    [InlineData(UpstreamMethod.Hash)]
    [InlineData(UpstreamMethod.ConsistentHash)]
    public void All_spellings_of_a_login_go_to_one_server_unless_it_is_to_be_exact(object method)
    {
        string[] spellings = ["alice@a.test", "Alice@a.test", "ALICE@a.test", "alicE@a.test", "ALICE@A.TEST", " alice@a.test", "alice@a.test "];
        Assert.Single(Servers(isExact: false));
        Assert.NotEqual(1, Servers(isExact: true).Count());

        IEnumerable<string?> Servers(bool isExact)
        {
            var options = Groups.Options((UpstreamMethod)method, [.. Enumerable.Range(1, 5).Select(number => Groups.Server(number))]);
            options.Balancing.HashExact = isExact;
            var group = new UpstreamGroup(options, _time);
            return spellings.Select(login => group.Take(group.KeyOf(Encoding.UTF8.GetBytes(login), null), [])!.Name).Distinct();
        }
    }

    private static HashKey Key(string text) => HashKey.Parse(text, new Report([], "here"))!;

    private UpstreamGroup Group(params UpstreamServerOptions[] servers) =>
        new(Groups.Options(UpstreamMethod.RoundRobin, servers), _time) { Changed = (peer, change) => _changes.Add($"{peer.Name} {change}") };

    private static void Fail(UpstreamGroup group, int index) => group.ReportFailure(group.Peers[index]);

    private static IEnumerable<string?> Choices(UpstreamGroup group) => Enumerable.Range(0, 6).Select(_ => group.Choose()).Distinct().Order();
}

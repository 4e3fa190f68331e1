using MailProxy.Configuration;
using MailProxy.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Configuration;

/// <summary>Groups of upstreams, and who passes to them.</summary>
public sealed class UpstreamTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void A_server_without_parameters_has_nginxs_defaults()
    {
        var group = Group("server 127.0.0.1:143;");
        Assert.Equal(("u", UpstreamMethod.RoundRobin, null, null), (group.Name, group.Balancing.Method, group.HealthCheck, group.ProxyTls));
        Assert.Equal($"{_conf.Directory}/c:1", group.Source);
        var server = Assert.Single(group.Servers);
        Assert.Equal(("127.0.0.1:143", "127.0.0.1", 1, 0, 1, TimeSpan.FromSeconds(10)), (server.Address.ToString(), server.Host, server.Weight, server.MaxConns, server.MaxFails, server.FailTimeout));
        Assert.False(server.Backup || server.Down || server.Drain || server.Resolve);
    }

    [Fact]
    public void Every_parameter_arrives_at_every_address_of_a_name()
    {
        var servers = Group("server 127.0.0.1:1; server mail.test:143 weight=5 max_conns=2000 max_fails=0 fail_timeout=1m backup down drain;").Servers.Skip(1).ToList();
        Assert.Equal(["192.0.2.1:143", "192.0.2.2:143"], servers.Select(server => server.Address.ToString()));
        Assert.All(servers, server =>
        {
            Assert.Equal(("mail.test", 5, 2000, 0, TimeSpan.FromMinutes(1)), (server.Host, server.Weight, server.MaxConns, server.MaxFails, server.FailTimeout));
            Assert.True(server.Backup && server.Down && server.Drain && !server.Resolve);
        });
    }

    [Theory]
    [InlineData("[2001:DB8::1]:143", "[2001:db8::1]:143", "2001:db8::1")]
    [InlineData("010.0.0.1:143", "10.0.0.1:143", "10.0.0.1")]
    [InlineData("unix:/run/d.sock", "unix:/run/d.sock", "")]
    [InlineData("127.0.0.1:143 resolve", "127.0.0.1:143", "127.0.0.1")]
    [InlineData("unix:/run/d.sock resolve", "unix:/run/d.sock", "")]
    public void An_address_is_never_asked_for(string words, string address, string host)
    {
        var server = Assert.Single(Group($"server {words};").Servers);
        Assert.Equal((address, host, false), (server.Address.ToString(), server.Host, server.Resolve));
    }

    [Theory]
    [InlineData("nosuch.test")]
    [InlineData("dovecot.mail.svc.cluster.local.")]
    [InlineData("my_imap.mail")]
    public void A_name_with_resolve_is_left_for_later(string name)
    {
        var server = Assert.Single(Group($"server {name}:143 resolve;").Servers);
        Assert.Equal(($"{name}:143", name, true), (server.Address.ToString(), server.Host, server.Resolve));
    }

    [Theory]
    [InlineData("", UpstreamMethod.RoundRobin, "")]
    [InlineData("hash $auth_user exact;", UpstreamMethod.Hash, "$auth_user", true)]
    [InlineData("hash $auth_user exact consistent;", UpstreamMethod.ConsistentHash, "$auth_user", true)]
    [InlineData("hash $auth_user consistent exact;", UpstreamMethod.ConsistentHash, "$auth_user", true)]
    [InlineData("hash exact;", UpstreamMethod.Hash, "exact")]
    [InlineData("least_conn;", UpstreamMethod.LeastConn, "")]
    [InlineData("random;", UpstreamMethod.Random, "")]
    [InlineData("random two;", UpstreamMethod.RandomTwo, "")]
    [InlineData("random two least_conn;", UpstreamMethod.RandomTwo, "")]
    [InlineData("hash $auth_user;", UpstreamMethod.Hash, "$auth_user")]
    [InlineData("hash ${auth_user}@$remote_addr consistent;", UpstreamMethod.ConsistentHash, "${auth_user}@$remote_addr")]
    public void A_method_is_read(string line, object method, string key, bool isExact = false)
    {
        var group = Group($"server 127.0.0.1:143; {line}");
        Assert.Equal(((UpstreamMethod)method, key, isExact), (group.Balancing.Method, group.Balancing.HashKey?.ToString() ?? "", group.Balancing.HashExact));
    }

    [Theory]
    [InlineData("", 5000, 1, 1, 5000, "")]
    [InlineData(" interval=1m fails=3 passes=2 timeout=250ms protocol=smtp", 60_000, 3, 2, 250, "smtp")]
    [InlineData(" protocol=pop3", 5000, 1, 1, 5000, "pop3")]
    public void A_health_check_is_read(string words, int interval, int fails, int passes, int timeout, string protocol)
    {
        var check = Group($"server 127.0.0.1:143; health_check{words};").HealthCheck!;
        Assert.Equal((interval, fails, passes, timeout, protocol), ((int)check.Interval.TotalMilliseconds, check.Fails, check.Passes, (int)check.Timeout.TotalMilliseconds, check.Protocol));
    }

    [Theory]
    [InlineData("zone mail 64k;")]
    [InlineData("zone mail;")]
    [InlineData("zone mail; zone mail 1m;")]
    public void A_zone_has_no_effect(string line) => Assert.Single(Group($"server 127.0.0.1:143; {line}").Servers);

    [Theory]
    [InlineData("u", "u", null)]
    [InlineData("U", "u", null)]
    [InlineData("127.0.0.1:143", "127.0.0.1", 143)]
    [InlineData("[::1]:143", "::1", 143)]
    [InlineData("mail.test:143", "mail.test", 143)]
    [InlineData("unix:/run/d.sock", "unix:/run/d.sock", null)]
    public void Proxy_pass_takes_a_group_or_an_address_and_needs_no_auth_server(string word, string host, int? port)
    {
        var options = _conf.Options($"events {{}} mail {{ server {{ listen 143; proxy_pass {word}; }} upstream u {{ server 127.0.0.1:143; }} }}");
        Assert.Equal(new UpstreamAddress(host, port), Assert.Single(options.Servers).Proxy.Pass);
    }

    [Fact]
    public void Servers_inherit_where_sessions_go_and_how_long_it_is_tried()
    {
        var servers = _conf.Options("""
            events {}
            mail {
                proxy_pass u; proxy_connect_timeout 2s; proxy_next_upstream off; proxy_next_upstream_tries 3; proxy_next_upstream_timeout 1500ms;
                server { listen 143; }
                server { listen 110; proxy_pass 127.0.0.1:110; proxy_connect_timeout 1s; proxy_next_upstream on; proxy_next_upstream_tries 0; proxy_next_upstream_timeout 0; }
                upstream u { include u.*; }
            }
            """.Replace("include u.*", $"include {Path.GetFileName(_conf.Write("u.conf", "server 127.0.0.1:143;"))}", StringComparison.Ordinal)).Servers;
        Assert.Equal(
            [("u", 2000, false, 3, 1500), ("127.0.0.1:110", 1000, true, 0, 0)],
            servers.Select(server => (server.Proxy.Pass!.ToString(), (int)server.Proxy.ConnectTimeout!.Value.TotalMilliseconds, server.Proxy.NextUpstream, server.Proxy.NextUpstreamTries, (int)server.Proxy.NextUpstreamTimeout.TotalMilliseconds)));
    }

    [Fact]
    public void Without_a_word_of_it_nothing_is_passed_and_another_is_tried()
    {
        var proxy = _conf.OnlyServer("").Proxy;
        Assert.Equal((null, null, true, 0, TimeSpan.Zero), (proxy.Pass, proxy.ConnectTimeout, proxy.NextUpstream, proxy.NextUpstreamTries, proxy.NextUpstreamTimeout));
    }

    [Fact]
    public void Keys_win_over_a_group_of_the_file_option_by_option()
    {
        var group = _conf.Options(
            Conf("server 127.0.0.1:143; least_conn; health_check fails=3;"),
            null,
            ("Mail:Upstreams:0:Servers:0:Address", "mail.test:143"), ("Mail:Upstreams:0:Servers:0:Host", "cert.test"), ("Mail:Upstreams:0:HealthCheck:Passes", "2"), ("Mail:Upstreams:0:ProxyTls:Mode", "on")).Upstreams[0];
        Assert.Equal([("192.0.2.1:143", "cert.test"), ("192.0.2.2:143", "cert.test")], group.Servers.Select(server => (server.Address.ToString(), server.Host)));
        Assert.Equal((UpstreamMethod.LeastConn, 3, 2, ProxyTlsMode.On), (group.Balancing.Method, group.HealthCheck!.Fails, group.HealthCheck!.Passes, group.ProxyTls!.Mode));
    }

    [Fact]
    public void A_key_to_hash_is_enough_to_mean_hash() => Assert.Equal(
        UpstreamMethod.Hash, _conf.Options(Conf("server 127.0.0.1:143;"), null, ("Mail:Upstreams:0:HashKey", "$remote_addr")).Upstreams[0].Balancing.Method);

    private UpstreamGroupOptions Group(string lines) => Assert.Single(_conf.Options(Conf(lines)).Upstreams);

    private static string Conf(string lines) => $"events {{}} mail {{ upstream u {{ {lines} }} }}";
}

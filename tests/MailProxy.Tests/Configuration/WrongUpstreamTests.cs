namespace MailProxy.Tests.Configuration;

/// <summary>Wrong groups of upstreams, and wrong ways to them, each with nginx's message where nginx has one.</summary>
public sealed class WrongUpstreamTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Theory]
    [InlineData("server 127.0.0.1:1 weight=0;", "invalid parameter \"weight=0\"")]
    [InlineData("server 127.0.0.1:1 weight=;", "invalid parameter \"weight=\"")]
    [InlineData("server 127.0.0.1:1 weight;", "invalid parameter \"weight\"")]
    [InlineData("server 127.0.0.1:1 weight=99999999999;", "invalid parameter \"weight=99999999999\"")]
    [InlineData("server 127.0.0.1:1 max_conns=-1;", "invalid parameter \"max_conns=-1\"")]
    [InlineData("server 127.0.0.1:1 max_fails=x;", "invalid parameter \"max_fails=x\"")]
    [InlineData("server 127.0.0.1:1 fail_timeout=x;", "invalid parameter \"fail_timeout=x\"")]
    [InlineData("server 127.0.0.1:1 fail_timeout=1ms;", "invalid parameter \"fail_timeout=1ms\"")]
    [InlineData("server 127.0.0.1:1 backup=1;", "invalid parameter \"backup=1\"")]
    [InlineData("server 127.0.0.1:1 Down;", "invalid parameter \"Down\"")]
    [InlineData("server 127.0.0.1:1 slow_start=5s foo;", "invalid parameter \"slow_start=5s\"", "invalid parameter \"foo\"")]
    [InlineData("server 127.0.0.1;", "no port in upstream \"127.0.0.1\"")]
    [InlineData("server [::1];", "no port in upstream \"[::1]\"")]
    [InlineData("server mail.test;", "no port in upstream \"mail.test\"")]
    [InlineData("server mail.test resolve;", "no port in upstream \"mail.test\"")]
    [InlineData("server nosuch.test:1;", "host not found in upstream \"nosuch.test:1\"")]
    [InlineData("server \"a b:1\" resolve;", "invalid host in upstream \"a b:1\"")]
    [InlineData("server $host:1 resolve;", "invalid host in upstream \"$host:1\"")]
    [InlineData("server 127.0.0.1:0;", "invalid port in upstream \"127.0.0.1:0\"")]
    [InlineData("server 127.0.0.1:1-3;", "invalid port in upstream \"127.0.0.1:1-3\"")]
    [InlineData("server [::g]:1;", "invalid IPv6 address in upstream \"[::g]:1\"")]
    [InlineData("server [::1;", "invalid host in upstream \"[::1\"")]
    [InlineData("server 127.0.0.1:1/x;", "invalid host in upstream \"127.0.0.1:1/x\"")]
    [InlineData("server :1;", "no host in upstream \":1\"")]
    [InlineData("server \"\";", "no host in upstream \"\"")]
    [InlineData("server unix:;", "no path in the unix domain socket in upstream \"unix:\"")]
    [InlineData("server;", "invalid number of arguments in \"server\" directive")]
    [InlineData("server { listen 143; }", "directive \"server\" is not terminated by \";\"")]
    [InlineData("foo;", "unknown directive \"foo\"")]
    [InlineData("keepalive 16;", "\"keepalive\" directive is not allowed here")]
    [InlineData("server smtp://127.0.0.1:25;", "invalid host in upstream \"smtp://127.0.0.1:25\": it takes no scheme, write \"127.0.0.1:25\"")]
    [InlineData("listen 143;", "\"listen\" directive is not allowed here")]
    [InlineData("proxy_pass 127.0.0.1:143;", "\"proxy_pass\" directive is not allowed here")]
    [InlineData("upstream b { }", "\"upstream\" directive is not allowed here")]
    public void A_wrong_server_is_refused(string line, params string[] messages) => Expect(line, messages);

    [Theory]
    [InlineData("hash;", "invalid number of arguments in \"hash\" directive")]
    [InlineData("hash x consistent exact y;", "invalid number of arguments in \"hash\" directive")]
    [InlineData("hash x consistent y;", "invalid parameter \"y\"")]
    [InlineData("hash x y consistent;", "invalid parameter \"y\"")]
    [InlineData("hash x exact exact;", "invalid parameter \"exact\"")]
    [InlineData("hash x foo;", "invalid parameter \"foo\"")]
    [InlineData("hash \"\";", "\"hash\" directive invalid value")]
    [InlineData("hash $;", "invalid variable name")]
    [InlineData("hash a$-;", "invalid variable name")]
    [InlineData("hash ${};", "invalid variable name")]
    [InlineData("hash ${auth_user;", "the closing bracket in \"auth_user\" variable is missing")]
    [InlineData("hash ${auth_user-};", "the closing bracket in \"auth_user\" variable is missing")]
    [InlineData("hash $auth_user$remote_port;", "unknown \"remote_port\" variable")]
    [InlineData("hash $auth_users;", "unknown \"auth_users\" variable")]
    [InlineData("least_conn x;", "invalid number of arguments in \"least_conn\" directive")]
    [InlineData("random three;", "invalid parameter \"three\"")]
    [InlineData("random three least_conn;", "invalid parameter \"three\"")]
    [InlineData("random two least_time;", "invalid parameter \"least_time\"")]
    [InlineData("random two least_conn x;", "invalid number of arguments in \"random\" directive")]
    [InlineData("hash $auth_user; server 127.0.0.1:2 backup;", "balancing method does not support parameter \"backup\"")]
    [InlineData("server mail.test:2 backup; random;", "balancing method does not support parameter \"backup\"")]
    [InlineData("server 127.0.0.1:2 backup; random two; hash $auth_user consistent;", "load balancing method redefined", "balancing method does not support parameter \"backup\"")]
    [InlineData("health_check interval=0;", "invalid parameter \"interval=0\"")]
    [InlineData("health_check interval=x fails=0 passes=;", "invalid parameter \"interval=x\"", "invalid parameter \"fails=0\"", "invalid parameter \"passes=\"")]
    [InlineData("health_check timeout=1y;", "invalid parameter \"timeout=1y\"")]
    [InlineData("health_check protocol=lmtp;", "invalid parameter \"protocol=lmtp\"")]
    [InlineData("health_check uri=/;", "invalid parameter \"uri=/\"")]
    [InlineData("health_check; health_check;", "\"health_check\" directive is duplicate")]
    [InlineData("zone;", "invalid number of arguments in \"zone\" directive")]
    [InlineData("zone a 64k x;", "invalid number of arguments in \"zone\" directive")]
    [InlineData("zone \"\" 64k;", "invalid zone name \"\"")]
    [InlineData("zone a x;", "invalid zone size \"x\"")]
    [InlineData("zone a 1k;", "zone \"a\" is too small")]
    [InlineData("proxy_ssl maybe;", "invalid value \"maybe\"")]
    [InlineData("resolver nosuch.test;", "host not found in resolver \"nosuch.test\"")]
    public void A_wrong_method_or_check_is_refused(string line, params string[] messages) => Expect(line, messages);

    [Theory]
    [InlineData("hash $auth_user; least_conn;")]
    [InlineData("least_conn; least_conn;")]
    [InlineData("random; hash $auth_user;")]
    public void A_method_too_many_is_a_warning(string line) =>
        Assert.Equal(["[warn] load balancing method redefined in c:2"], _conf.Texts(_conf.Load(Group(line))));

    [Theory]
    [InlineData("upstream a { }", "no servers are inside upstream in c:2")]
    [InlineData("upstream a {\nleast_conn;\n}", "no servers are inside upstream in c:2")]
    [InlineData("upstream a { server 127.0.0.1:1 foo; }", "invalid parameter \"foo\" in c:2")]
    [InlineData("upstream a { server 127.0.0.1:1 backup; }", "no servers in upstream \"a\" in c:2")]
    [InlineData("upstream a { server 127.0.0.1:1; }\nupstream A { server 127.0.0.1:1; }", "duplicate upstream \"A\" in c:3")]
    [InlineData("upstream \"\" { server 127.0.0.1:1; }", "invalid upstream name \"\" in c:2")]
    [InlineData("upstream a:143 { server 127.0.0.1:1; }", "invalid upstream name \"a:143\" in c:2")]
    [InlineData("upstream unix:/a { server 127.0.0.1:1; }", "invalid upstream name \"unix:/a\" in c:2")]
    [InlineData("upstream a/b { server 127.0.0.1:1; }", "invalid upstream name \"a/b\" in c:2")]
    [InlineData("upstream { server 127.0.0.1:1; }", "invalid number of arguments in \"upstream\" directive in c:2")]
    [InlineData("upstream a b { server 127.0.0.1:1; }", "invalid number of arguments in \"upstream\" directive in c:2")]
    [InlineData("upstream a;", "directive \"upstream\" has no opening \"{\" in c:2")]
    [InlineData("server { listen 143; auth_http 127.0.0.1; upstream a { } }", "\"upstream\" directive is not allowed here in c:2")]
    [InlineData("upstream a { server 127.0.0.1:1; proxy_ssl_certificate c.pem; }", "no \"proxy_ssl_certificate_key\" is defined for certificate \"c.pem\"")]
    [InlineData("upstream a { server 127.0.0.1:1;", "unexpected end of file, expecting \"}\" in c:3")]
    public void A_wrong_group_is_refused(string lines, params string[] messages) =>
        Assert.Equal(messages.Select(message => $"[emerg] {message}"), _conf.Texts(_conf.Load($"events {{}} mail {{\n{lines}\n}}")));

    [Theory]
    [InlineData("proxy_pass pol;", "no port in upstream \"pol\" in c:2")]
    [InlineData("proxy_pass 127.0.0.1;", "no port in upstream \"127.0.0.1\" in c:2")]
    [InlineData("proxy_pass [::1];", "no port in upstream \"::1\" in c:2")]
    [InlineData("proxy_pass pool:143;", "upstream \"pool\" may not have port 143 in c:2")]
    [InlineData("proxy_pass nosuch.test:143;", "host not found in upstream \"nosuch.test\" in c:2")]
    [InlineData("proxy_pass 127.0.0.1:0;", "invalid port in upstream \"127.0.0.1:0\" in c:2")]
    [InlineData("proxy_pass [::g]:143;", "invalid IPv6 address in upstream \"[::g]:143\" in c:2")]
    [InlineData("proxy_pass http://pool;", "invalid host in upstream \"http://pool\": it takes no scheme, write \"pool\" in c:2")]
    [InlineData("proxy_pass smtp://host:25;", "invalid host in upstream \"smtp://host:25\": it takes no scheme, write \"host:25\" in c:2")]
    [InlineData("proxy_pass imaps://host:993/;", "invalid host in upstream \"imaps://host:993/\": it takes no scheme, write \"host:993\", and \"proxy_ssl on\" for TLS in c:2")]
    [InlineData("proxy_pass \"\";", "no host in upstream \"\" in c:2")]
    [InlineData("proxy_pass unix:;", "no path in the unix domain socket in upstream \"unix:\" in c:2")]
    [InlineData("proxy_pass pool x;", "invalid number of arguments in \"proxy_pass\" directive in c:2")]
    [InlineData("proxy_pass pool; proxy_pass pool;", "\"proxy_pass\" directive is duplicate in c:2")]
    [InlineData("proxy_connect_timeout x;", "\"proxy_connect_timeout\" directive invalid value in c:2")]
    [InlineData("proxy_next_upstream error timeout;", "invalid number of arguments in \"proxy_next_upstream\" directive in c:2")]
    [InlineData("proxy_next_upstream error;", "invalid value \"error\" in \"proxy_next_upstream\" directive, it must be \"on\" or \"off\" in c:2")]
    [InlineData("proxy_next_upstream_tries -1;", "\"proxy_next_upstream_tries\" directive invalid number in c:2")]
    [InlineData("proxy_next_upstream_timeout 1y;", "\"proxy_next_upstream_timeout\" directive invalid value in c:2")]
    public void A_wrong_way_to_upstreams_is_refused(string line, params string[] messages) => Assert.Equal(
        messages.Select(message => $"[emerg] {message}"),
        _conf.Texts(_conf.Load($"events {{}} mail {{ auth_http 127.0.0.1; upstream pool {{ server 127.0.0.1:1; }}\n{line}\nserver {{ listen 143; }} server {{ listen 110; }} }}")));

    [Theory]
    [InlineData("listen 143; imap_auth plain cram-md5 external;", "\"imap_auth cram-md5\" needs an auth server", "\"imap_auth external\" needs an auth server")]
    [InlineData("listen 110; pop3_auth apop;", "\"pop3_auth apop\" needs an auth server")]
    [InlineData("listen 25; smtp_auth cram-md5 none;", "\"smtp_auth cram-md5\" needs an auth server")]
    [InlineData("listen 25; smtp_auth login none; imap_auth cram-md5; pop3_auth apop;")]
    [InlineData("listen 110; pop3_auth apop cram-md5 external; auth_http 127.0.0.1:9;")]
    public void What_cannot_be_passed_on_needs_an_auth_server(string lines, params string[] messages) => Assert.Equal(
        messages.Select(message => $"[emerg] {message}, and no \"auth_http\" is defined for server in c:1"),
        _conf.Texts(_conf.Load($"events {{}} mail {{ proxy_pass 127.0.0.1:143; server {{ {lines} }} }}")));

    [Fact]
    public void A_wrong_way_is_not_called_a_missing_one() => Assert.Equal(
        ["[emerg] invalid port in upstream \"127.0.0.1:x\" in c:1"], _conf.Texts(_conf.Load("events {} mail { server { listen 143; proxy_pass 127.0.0.1:x; } }")));

    [Fact]
    public void What_the_unread_rest_of_a_file_may_hold_is_not_missed() => Assert.Equal(
        ["[emerg] unexpected end of file, expecting \"}\" in c:1"], _conf.Texts(_conf.Load("events {} mail { server { listen 143; pop3_auth apop; proxy_pass pool; }")));

    [Theory]
    [InlineData("Mail:Upstreams:x:Name", "a", "unknown configuration key \"Mail:Upstreams:x\"")]
    [InlineData("Mail:Upstreams:0:Nmae", "a", "unknown configuration key \"Mail:Upstreams:0:Nmae\"")]
    [InlineData("Mail:Upstreams:0:Name", "a:1", "invalid upstream name \"a:1\" in Mail:Upstreams:0:Name")]
    [InlineData("Mail:Upstreams:0:Timeout", "00:00:01", "unknown configuration key \"Mail:Upstreams:0:Timeout\"")]
    [InlineData("Mail:Upstreams:0:Method", "ip_hash", "invalid value \"ip_hash\" in Mail:Upstreams:0:Method")]
    [InlineData("Mail:Upstreams:0:Method", "hash", "no key is defined for \"hash\" in c:1")]
    [InlineData("Mail:Upstreams:0:HashKey", "$host", "unknown \"host\" variable in Mail:Upstreams:0:HashKey")]
    [InlineData("Mail:Upstreams:0:Servers", "", "no servers are inside upstream in c:1")]
    [InlineData("Mail:Upstreams:0:Servers:0", "127.0.0.1:143", "a value means nothing here, keys below it are needed in Mail:Upstreams:0:Servers:0")]
    [InlineData("Mail:Upstreams:0:Servers:0:Address", "mail.test", "no port in upstream \"mail.test\" in Mail:Upstreams:0:Servers:0")]
    [InlineData("Mail:Upstreams:0:Servers:0:Address", "nosuch.test:1", "host not found in upstream \"nosuch.test:1\" in Mail:Upstreams:0:Servers:0")]
    [InlineData("Mail:Upstreams:0:HealthCheck:Interval", "5s", "invalid parameter \"interval=5s\", it must be hh:mm:ss in Mail:Upstreams:0:HealthCheck:Interval")]
    [InlineData("Mail:Upstreams:0:HealthCheck:Interval", "00:00:00", "invalid parameter \"interval=00:00:00\" in Mail:Upstreams:0:HealthCheck:Interval")]
    [InlineData("Mail:Upstreams:0:HealthCheck:Fails", "0", "invalid parameter \"fails=0\" in Mail:Upstreams:0:HealthCheck:Fails")]
    [InlineData("Mail:Upstreams:0:HealthCheck:Protocol", "lmtp", "invalid parameter \"protocol=lmtp\" in Mail:Upstreams:0:HealthCheck:Protocol")]
    [InlineData("Mail:Upstreams:0:HealthCheck:Uri", "/", "unknown configuration key \"Mail:Upstreams:0:HealthCheck:Uri\"")]
    [InlineData("Mail:Upstreams:0:ProxyTls:Mode", "maybe", "invalid value \"maybe\" in Mail:Upstreams:0:ProxyTls:Mode")]
    [InlineData("Mail:Upstreams:1:Name", "U", "duplicate upstream \"U\" in Mail:Upstreams:1:Name", "no servers are inside upstream in Mail:Upstreams:1")]
    [InlineData("Mail:Upstreams:1:Servers:0:Address", "127.0.0.1:1", "invalid upstream name \"\" in Mail:Upstreams:1")]
    [InlineData("Mail:Proxy:Pass", "pool", "no port in upstream \"pool\" in Mail:Proxy:Pass")]
    [InlineData("Mail:Proxy:Pass", "nosuch.test:1", "host not found in upstream \"nosuch.test\" in Mail:Proxy:Pass")]
    [InlineData("Mail:Proxy:Pass", "127.0.0.1:x", "invalid port in upstream \"127.0.0.1:x\" in Mail:Proxy:Pass")]
    [InlineData("Mail:Servers:0:Proxy:NextUpstreamTimeout", "5", "\"proxy_next_upstream_timeout\" directive invalid value, it must be hh:mm:ss in Mail:Servers:0:Proxy:NextUpstreamTimeout")]
    public void A_wrong_key_is_an_error_that_names_it(string key, string value, params string[] messages) => Assert.Equal(
        messages.Select(message => $"[emerg] {message}"),
        _conf.Texts(_conf.Load("events {} mail { auth_http 127.0.0.1; upstream u { server 127.0.0.1:1; } server { listen 143; } }", null, (key, value))));

    [Theory]
    [InlineData("Weight", "0", "invalid parameter \"weight=0\" in Mail:Upstreams:0:Servers:0")]
    [InlineData("MaxConns", "x", "invalid parameter \"max_conns=x\" in Mail:Upstreams:0:Servers:0")]
    [InlineData("FailTimeout", "10s", "invalid parameter \"fail_timeout=10s\", it must be hh:mm:ss in Mail:Upstreams:0:Servers:0")]
    [InlineData("Drain", "maybe", "invalid value \"maybe\" in Mail:Upstreams:0:Servers:0:Drain")]
    [InlineData("Port", "143", "unknown configuration key \"Mail:Upstreams:0:Servers:0:Port\"")]
    public void A_wrong_parameter_of_a_key_is_refused(string name, string value, string message) => Assert.Equal(
        [$"[emerg] {message}"],
        _conf.Texts(_conf.Load(Group(""), null, ("Mail:Upstreams:0:Servers:0:Address", "127.0.0.1:1"), ($"Mail:Upstreams:0:Servers:0:{name}", value))));

    private static string Group(string line) => $"events {{}} mail {{ upstream a {{ server 127.0.0.1:1;\n{line}\n}} }}";

    private void Expect(string line, string[] messages)
    {
        var result = _conf.Load(Group(line));
        Assert.Equal(messages.Select(message => $"[{(message.EndsWith("redefined", StringComparison.Ordinal) ? "warn" : "emerg")}] {message} in c:2"), _conf.Texts(result));
        Assert.Null(result.Options);
    }
}

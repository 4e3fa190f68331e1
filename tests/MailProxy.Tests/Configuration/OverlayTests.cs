using System.Collections;
using System.Globalization;
using System.Net;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Listening;
using MailProxy.Loading;
using MailProxy.Protocols.Imap;
using MailProxy.Transport.Tls;
using MailProxy.Upstreams;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Tests.Configuration;

/// <summary>The same options from JSON and the environment, alone and over a file.</summary>
public sealed class OverlayTests : IDisposable
{
    private const string Conf = """
        user nobody nogroup; worker_processes 3; worker_shutdown_timeout 90s; worker_rlimit_nofile 4096; pid run/m.pid; daemon off; error_log logs/e.log info;
        events { worker_connections 100; }
        mail {
            upstream pool {
                hash $auth_user consistent; resolver_timeout 3s; proxy_ssl on;
                server mail.test:143 weight=5 max_conns=7 max_fails=3 fail_timeout=20s;
                server imap.test:143 resolve;
                server [::1]:143 drain; server unix:/run/d.sock down;
                health_check interval=1500ms fails=3 passes=2 timeout=2s protocol=imap;
            }
            upstream other { random two; server 127.0.0.1:25; health_check; }
            proxy_pass pool; proxy_connect_timeout 3s; proxy_next_upstream off; proxy_next_upstream_tries 2; proxy_next_upstream_timeout 5s;
            timeout 30s; proxy_timeout 1h; proxy_bind 127.0.0.2; imap_auth plain cram-md5; auth_http https://auth.test/a;
            auth_http_header X-Key secret; auth_http_header X-Port $server_port;
            log_format short escape=json '$pid ' "$auth_user"; access_log /a.log short; access_log stdout json;
            set_real_ip_from 10.0.0.0/8; resolver 127.0.0.1 valid=10s ipv6=off; ssl_protocols TLSv1.3; ssl_certificate a.pem;
            server {
                listen mail.test:143 proxy_protocol backlog=9 so_keepalive=1m::;
                listen unix:/run/m.sock;
                imap_capabilities IMAP4rev1 IDLE; proxy_protocol v2; proxy off; proxy_bind [::1]:2525; proxy_buffer 8k; starttls off; ssl_verify_client optional_no_ca;
            }
            server { listen 2525; protocol smtp; server_name s; smtp_capabilities "SIZE 10"; smtp_greeting_delay 1500ms; xclient off; max_errors 2; error_log stderr debug; }
        }
        """;

    private const string Json = """
        { "Mail": {
            "User": "nobody", "Group": "nogroup", "WorkerProcesses": 3, "WorkerShutdownTimeout": "00:01:30", "WorkerRlimitNofile": 4096, "Pid": "run/m.pid", "Daemon": false,
            "ErrorLog": [ { "Target": "logs/e.log", "Level": "info" } ],
            "WorkerConnections": 100,
            "Upstreams": [
                {
                    "Name": "pool", "Method": "hash consistent", "HashKey": "$auth_user", "Resolver": { "Timeout": "00:00:03" }, "ProxyTls": { "Mode": "on" },
                    "Servers": [
                        { "Address": "mail.test:143", "Weight": 5, "MaxConns": 7, "MaxFails": 3, "FailTimeout": "00:00:20" },
                        { "Address": "imap.test:143", "Resolve": true },
                        { "Address": "[::1]:143", "Drain": true }, { "Address": "unix:/run/d.sock", "Down": true }
                    ],
                    "HealthCheck": { "Interval": "00:00:01.5", "Fails": 3, "Passes": 2, "Timeout": "00:00:02", "Protocol": "imap" }
                },
                { "Name": "other", "Method": "random two", "Servers": [ { "Address": "127.0.0.1:25" } ], "HealthCheck": { "Interval": "00:00:05" } }
            ],
            "Timeout": "00:00:30",
            "Proxy": { "Timeout": "01:00:00", "Bind": "127.0.0.2", "Pass": "pool", "ConnectTimeout": "00:00:03", "NextUpstream": false, "NextUpstreamTries": 2, "NextUpstreamTimeout": "00:00:05" }, "Imap": { "Auth": [ "plain", "CRAM-MD5" ] },
            "AuthHttp": { "Url": "https://auth.test/a", "Headers": [ { "Name": "X-Key", "Value": "secret" }, { "Name": "X-Port", "Value": "$server_port" } ] },
            "LogFormats": [ { "Name": "short", "Escape": "json", "Format": "$pid ${auth_user}" } ], "AccessLog": [ { "Target": "/a.log", "Format": "short" }, { "Target": "stdout", "Format": "json" } ],
            "SetRealIpFrom": [ "10.0.0.0/8" ], "Resolver": { "Servers": [ "127.0.0.1" ], "Valid": "00:00:10", "Ipv6": false },
            "Tls": { "Protocols": [ "TLSv1.3" ], "Certificate": [ "a.pem" ] },
            "Servers": [
                {
                    "Listen": [ { "Address": "mail.test:143", "ProxyProtocol": true, "Backlog": 9, "SoKeepalive": true, "KeepaliveIdle": 60, "Bind": true }, { "Address": "unix:/run/m.sock" } ],
                    "Imap": { "Capabilities": [ "IMAP4rev1", "IDLE" ] }, "Proxy": { "Protocol": "v2", "Enabled": false, "Bind": "[::1]:2525", "Buffer": "8k" }, "Tls": { "Starttls": "off", "VerifyClient": "optional_no_ca" }
                },
                {
                    "Listen": [ { "Address": "2525" } ], "Protocol": "smtp", "ServerName": "s", "MaxErrors": 2, "ErrorLog": [ { "Target": "stderr", "Level": "Debug" } ],
                    "Smtp": { "Capabilities": [ "SIZE 10" ], "GreetingDelay": "00:00:01.5" }, "Proxy": { "Xclient": false }
                }
            ]
        } }
        """;

    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void The_same_options_come_from_all_three()
    {
        var conf = Show(_conf.Options(Conf), "file");
        Assert.Contains(".Servers[0].Proxy:Timeout = 01:00:00\n", conf, StringComparison.Ordinal);
        var prefix = $"MP{Guid.NewGuid():N}_";
        var json = FromJson(Json);
        Assert.Equal(conf, Show(Load(json), "json"));

        var environment = json.AsEnumerable().Where(pair => pair.Value is not null).ToDictionary(pair => prefix + pair.Key.Replace(":", "__", StringComparison.Ordinal), pair => pair.Value);
        foreach (var (name, value) in environment) Environment.SetEnvironmentVariable(name, value);
        try
        {
            Assert.Equal(conf, Show(Load(new ConfigurationBuilder().AddEnvironmentVariables(prefix).Build()), "environment"));
        }
        finally
        {
            foreach (var name in environment.Keys) Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public void Keys_win_over_the_file_option_by_option()
    {
        var options = _conf.Options(
            Conf, null, ("Mail:Servers:0:Proxy:Timeout", "02:00:00"), ("Mail:Timeout", "00:00:05"), ("Mail:Servers:1:ServerName", "other"), ("mail:workerconnections", "7"), ("Mail:Servers:2:Listen:0:Address", "[::1]:110"));
        Assert.Equal([(2, 5), (1, 5), (1, 5)], options.Servers.Select(server => ((int)server.Proxy.Timeout.TotalHours, (int)server.Timeout.TotalSeconds)));
        Assert.Equal(("other", 7), (options.Servers[1].ServerName, options.WorkerConnections));
        Assert.Equal(("pop3", "Mail:Servers:2"), (options.Servers[2].Protocol, options.Servers[2].Source));
        // What no key names stays as the file has it.
        Assert.Equal(ProxyProtocolVersion.V2, options.Servers[0].Proxy.Protocol);
    }

    [Fact]
    public void A_list_of_the_keys_replaces_the_whole_list_of_the_file()
    {
        var options = _conf.Options(
            Conf, null, ("Mail:Servers:0:Imap:Capabilities:0", "ID"), ("Mail:Servers:0:Listen:0:Address", "1000-1001"), ("Mail:AuthHttp:Headers:0:Name", "A"), ("Mail:Imap:Auth", ""), ("Mail:Servers:0:Protocol", "imap"));
        var server = options.Servers[0];
        Assert.Equal(["ID"], server.Imap.Capabilities);
        Assert.Equal(["0.0.0.0:1000", "0.0.0.0:1001"], server.Listen.Select(listen => listen.Text));
        Assert.Equal([("A", "")], server.AuthHttp.Headers.Select(header => (header.Name, header.Value)));
        Assert.Empty(server.Imap.Auth);
    }

    [Theory]
    [InlineData("Mail:Servers:0:Proxy:Timeout", "60", "\"proxy_timeout\" directive invalid value, it must be hh:mm:ss in Mail:Servers:0:Proxy:Timeout")]
    [InlineData("Mail:Servers:0:Proxy:Timeout", "1h", "\"proxy_timeout\" directive invalid value, it must be hh:mm:ss in Mail:Servers:0:Proxy:Timeout")]
    [InlineData("Mail:Proxy:Timeout", "-01:00:00", "\"proxy_timeout\" directive invalid value, it must be hh:mm:ss in Mail:Proxy:Timeout")]
    [InlineData("Mail:Proxy:Timeuot", "01:00:00", "unknown configuration key \"Mail:Proxy:Timeuot\"")]
    [InlineData("Mail:Prxy:Timeout", "01:00:00", "unknown configuration key \"Mail:Prxy\"")]
    [InlineData("Mail:Proxy:Timeout:0", "01:00:00", "unknown configuration key \"Mail:Proxy:Timeout:0\"")]
    [InlineData("Mail:Servers:x:Timeout", "00:00:01", "unknown configuration key \"Mail:Servers:x\"")]
    [InlineData("Mail:Listen:0:Address", "143", "\"Listen\" is not allowed here in Mail:Listen")]
    [InlineData("Mail:Source", "x", "\"Source\" is not allowed here in Mail:Source")]
    [InlineData("Mail:Servers:0:WorkerProcesses", "1", "unknown configuration key \"Mail:Servers:0:WorkerProcesses\"")]
    [InlineData("Mail:Servers:0:Proxy:Enabled", "maybe", "invalid value \"maybe\" in \"proxy\" directive, it must be \"on\" or \"off\" in Mail:Servers:0:Proxy:Enabled")]
    [InlineData("Mail:Servers:0:Proxy:Protocol", "v1", "invalid value \"v1\" in Mail:Servers:0:Proxy:Protocol")]
    [InlineData("Mail:Servers:0:Proxy:Buffer", "10", "\"proxy_buffer\" directive value must be equal to or greater than 64 in Mail:Servers:0:Proxy:Buffer")]
    [InlineData("Mail:Servers:0:MaxErrors", "", "\"max_errors\" directive invalid number in Mail:Servers:0:MaxErrors")]
    [InlineData("Mail:Servers:0:Protocol", "Imap", "unknown protocol \"Imap\" in Mail:Servers:0:Protocol")]
    [InlineData("Mail:Servers:0:Imap:Auth:0", "apop", "invalid value \"apop\" in Mail:Servers:0:Imap:Auth:0")]
    [InlineData("Mail:Servers:0:Imap:Auth", "plain", "a list is needed in Mail:Servers:0:Imap:Auth")]
    [InlineData("Mail:Servers:0:Imap:Auth:x", "plain", "unknown configuration key \"Mail:Servers:0:Imap:Auth:x\"")]
    [InlineData("Mail:Servers:0:Listen:0:Address", "127.0.0.1", "no port in \"127.0.0.1\" of the \"listen\" directive in Mail:Servers:0:Listen:0")]
    [InlineData("Mail:Servers:0:Listen:0:Ssl", "true", "no host in \"\" of the \"listen\" directive in Mail:Servers:0:Listen:0")]
    [InlineData("Mail:Servers:0:Listen:0:Port", "143", "unknown configuration key \"Mail:Servers:0:Listen:0:Port\"", "no host in \"\" of the \"listen\" directive in Mail:Servers:0:Listen:0")]
    [InlineData("Mail:AuthHttp:IsInternal", "true", "unknown configuration key \"Mail:AuthHttp:IsInternal\"")]
    [InlineData("Mail:Servers:0:AuthHttp:Url", "nosuch.test", "host not found in auth_http \"nosuch.test\" in Mail:Servers:0:AuthHttp:Url")]
    [InlineData("Mail:AuthHttp:Headers:0:Value", "a\nb", "a value has a line end in Mail:AuthHttp:Headers:0")]
    [InlineData("Mail:Servers:0:Resolver:Servers:0", "1.1.1.1:x", "invalid port in resolver \"1.1.1.1:x\" in Mail:Servers:0:Resolver:Servers:0")]
    [InlineData("Mail:Servers:0:Resolver:Valid", "10", "invalid value \"10\" in Mail:Servers:0:Resolver:Valid")]
    [InlineData("Mail:Servers:0:SetRealIpFrom:0", "nosuch.test", "host not found in set_real_ip_from \"nosuch.test\" in Mail:Servers:0:SetRealIpFrom:0")]
    [InlineData("Mail:Servers:0:ServerName", "a\0", "invalid value in Mail:Servers:0:ServerName")]
    [InlineData("Mail:ErrorLog:0:Target", "syslog:x", "unknown syslog parameter \"x\" in Mail:ErrorLog:0")]
    [InlineData("Mail:ErrorLog:0:Level", "loud", "invalid value \"loud\" in Mail:ErrorLog:0:Level")]
    [InlineData("Mail:ErrorLog:0:Level", "3", "invalid value \"3\" in Mail:ErrorLog:0:Level")]
    [InlineData("Mail:LogFormats:0:Format", "$pid", "\"log_format\" directive needs a name in Mail:LogFormats:0")]
    [InlineData("Mail:AccessLog:0:Format", "json", "\"access_log\" directive invalid value in Mail:AccessLog:0")]
    [InlineData("Mail:WorkerProcesses", "many", "\"worker_processes\" directive invalid value in Mail:WorkerProcesses")]
    [InlineData("Mail:WorkerRlimitNofile", "1.5", "\"worker_rlimit_nofile\" directive invalid number in Mail:WorkerRlimitNofile")]
    [InlineData("Mail:Servers:1:Listen:0:Address", "127.0.0.1:1143", "duplicate \"127.0.0.1:1143\" address and port pair in Mail:Servers:1:Listen:0", "unknown mail protocol for server in Mail:Servers:1")]
    [InlineData("Mail:Servers:1:Protocol", "imap", "no \"listen\" is defined for server in Mail:Servers:1")]
    public void A_wrong_key_is_an_error_that_names_it(string key, string value, params string[] messages) =>
        Assert.Equal(messages.Select(message => $"[emerg] {message}"), _conf.Texts(_conf.Load(TestConf.Server(""), null, (key, value))));

    [Fact]
    public void A_backlog_below_one_is_refused_from_keys_too()
    {
        var result = _conf.Load(TestConf.Server(""), null, ("Mail:Servers:0:Listen:0:Address", "143"), ("Mail:Servers:0:Listen:0:Backlog", "0"));
        Assert.Equal(["[emerg] invalid backlog for server in c:1"], _conf.Texts(result));
    }

    [Fact]
    public void Errors_of_the_file_and_of_the_keys_are_reported_together() =>
        Assert.Equal(
            ["[emerg] unknown directive \"foo\" in c:2", "[emerg] unknown configuration key \"Mail:Bar\""],
            _conf.Texts(_conf.Load(TestConf.Server("foo;"), null, ("Mail:Bar", "1"))));

    [Fact]
    public void Without_a_file_the_keys_must_have_servers()
    {
        var overlay = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Mail:Timeout", (string?)"00:00:05")]).Build();
        var missing = Path.Combine(_conf.Directory, "none");
        Assert.Equal(["[emerg] no configuration: neither a file nor \"Mail:Servers\""], _conf.Texts(_conf.LoadFile(null, overlay: overlay)));
        Assert.Equal(["[emerg] open() \"none\" failed (2: No such file or directory)"], _conf.Texts(_conf.LoadFile(missing, overlay: overlay)));
        Assert.NotNull(_conf.LoadFile(missing, overlay: FromJson(Json)).Options);
    }

    [Theory]
    [InlineData("24:00:00", "1.00:00:00")]
    [InlineData("100:30:00.5", "4.04:30:00.5000000")]
    [InlineData("1.02:00:00", "1.02:00:00")]
    [InlineData("999999:00:00", "41666.15:00:00")]
    [InlineData("9999999:00:00", null)]
    [InlineData("24:60:00", null)]
    [InlineData("24:00", "1.00:00:00")]
    [InlineData("-1:00:00", null)]
    [InlineData("1.24:00:00", null)]
    [InlineData("24", null)]
    public void A_time_may_have_any_number_of_hours(string text, string? expected)
    {
        var result = _conf.Load(TestConf.Server(""), null, ("Mail:Proxy:Timeout", text));
        Assert.Equal(expected, result.Options?.Servers[0].Proxy.Timeout.ToString("c"));
        if (expected is null) Assert.Equal(["[emerg] \"proxy_timeout\" directive invalid value, it must be hh:mm:ss in Mail:Proxy:Timeout"], _conf.Texts(result));
    }

    [Theory]
    [InlineData("Mail", "foo")]
    [InlineData("Mail:Servers", "")]
    [InlineData("Mail:Servers", "143")]
    [InlineData("Mail:Upstreams", "pool")]
    [InlineData("Mail:Servers:0", "143")]
    [InlineData("Mail:Proxy", "off")]
    [InlineData("Mail:Servers:0:Tls", "on")]
    [InlineData("Mail:Servers:0:Listen:0", "143")]
    [InlineData("Mail:Passdb:0", "sqlite users.db")]
    public void A_value_where_only_keys_mean_something_does_not_pass_unseen(string key, string value) =>
        Assert.Contains($"[emerg] a value means nothing here, keys below it are needed in {key}", _conf.Texts(_conf.Load(TestConf.Server(""), null, (key, value))));

    [Theory]
    [InlineData("Mail:Servers:0:Imap:Auth:0:x")]
    [InlineData("Mail:Servers:0:Listen:0:Address:x")]
    [InlineData("Mail:Proxy:Timeout:x")]
    public void A_key_below_a_value_does_not_pass_unseen(string key) =>
        Assert.Contains($"[emerg] unknown configuration key \"{key}\"", _conf.Texts(_conf.Load(TestConf.Server(""), null, (key, "y"))));

    [Fact]
    public void A_login_shells_mailbox_is_none_of_its_business() =>
        Assert.Empty(_conf.Texts(_conf.Load(TestConf.Server(""), null, ("MAIL", "/var/mail/root"), ("Mail:Timeout", "00:00:05"))));

    [Theory]
    [InlineData("Mail:User", "no-such-user", "getpwnam(\"no-such-user\") failed in Mail:User")]
    [InlineData("Mail:Group", "no-such-group", "getgrnam(\"no-such-group\") failed in Mail:Group")]
    public void An_account_must_be_known(string key, string value, string error)
    {
        Assert.Equal([$"[emerg] {error}"], _conf.Texts(_conf.Load(TestConf.Server(""), null, (key, value))));
        _conf.IsPrivileged = false;
        Assert.NotNull(_conf.Load(TestConf.Server(""), null, (key, value)).Options);
    }

    [Fact]
    public void The_command_line_counts_without_a_file() =>
        Assert.Equal(5, _conf.LoadFile(null, "worker_processes 5;", FromJson(Json.Replace("\"WorkerProcesses\": 3,", "", StringComparison.Ordinal))).Options!.WorkerProcesses);

    private MailProxyOptions Load(IConfiguration configuration)
    {
        var result = _conf.LoadFile(Path.Combine(_conf.Directory, "none"), overlay: configuration);
        Assert.Empty(_conf.Texts(result));
        return result.Options!;
    }

    private static IConfigurationRoot FromJson(string json) => new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();

    /// <summary>Every value of the options as text, but for where a server stands.</summary>
    private static string Show(object? value, string name) => value switch
    {
        null => $"{name} = null\n",
        string or bool or TimeSpan or Enum or int or long or UpstreamAddress => $"{name} = {Convert.ToString(value, CultureInfo.InvariantCulture)}\n",
        EndPoint or HashKey or RealIpSource or AuthHttpUrl or SessionCacheSetting => $"{name} = {value}\n",
        OptionBlock block => string.Concat(OptionsOf(block).Where(option => option.Path != nameof(ServerOptions.Source)).Select(option => Show(option.Get(block), $"{Root(name)}.{option.Path}")))
            + (block is MailProxyOptions options ? Show(options.Servers, ".Servers") + Show(options.Upstreams, ".Upstreams") : ""),
        IEnumerable list => string.Concat(list.Cast<object>().Select((item, index) => Show(item, $"{name}[{index}]"))),
        _ => string.Concat(value.GetType().GetProperties().Where(property => property.Name != nameof(ServerOptions.Source)).Select(property => Show(property.GetValue(value), $"{Root(name)}.{property.Name}"))),
    };

    private static IEnumerable<OptionProperty> OptionsOf(OptionBlock block) =>
        (block switch { MailProxyOptions => Features.BuiltIn.Schema.Main, ServerOptions => Features.BuiltIn.Schema.Server, _ => Features.BuiltIn.Schema.Upstream }).Values;

    private static string Root(string name) => name is "file" or "json" or "environment" ? "" : name;
}

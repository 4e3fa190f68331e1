using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Observing.Logs;

namespace MailProxy.Tests.Configuration;

/// <summary>Configurations as administrators have them.</summary>
public sealed class RealLifeTests : IDisposable
{
    private const string Debian = """
        user www-data;
        worker_processes auto;
        pid /run/nginx.pid;
        error_log /var/log/nginx/error.log;
        include modules-enabled/*.conf;

        events {
        	worker_connections 768;
        	# multi_accept on;
        }

        http {
        	sendfile on;
        	types_hash_max_size 2048;
        	include /etc/nginx/mime.types;
        	default_type application/octet-stream;
        	ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; # Dropping SSLv3, ref: POODLE
        	log_format main '$remote_addr - $remote_user [$time_local] "$request" '
        	                '$status "$http_user_agent"';
        	include /etc/nginx/conf.d/*.conf;
        	map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        	server {
        		listen 127.0.0.1:9000;
        		location ~ ^/auth(/|$) {
        			if ($request_method != GET) { return 405; }
        			add_header Auth-Server 127.0.0.1;
        		}
        	}
        	server { listen 80 default_server; listen [::]:80 default_server; }
        }

        mail {
        	# See sample authentication script at:
        	# http://wiki.nginx.org/ImapAuthenticateWithApachePhpScript

        	auth_http localhost:9000/auth;
        	pop3_capabilities "TOP" "USER";
        	imap_capabilities "IMAP4rev1" "UIDPLUS";

        	server {
        		listen     localhost:110;
        		protocol   pop3;
        		proxy      on;
        	}

        	server {
        		listen     localhost:143;
        		protocol   imap;
        		proxy      on;
        	}
        }
        """;

    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void Debians_file_loads_and_warns_about_the_auth_server_that_nginx_was()
    {
        _conf.Write("modules-enabled/50-mod-mail.conf", "load_module modules/ngx_mail_module.so;\n");
        var result = _conf.Load(Debian);
        Assert.Equal(
        [
            "[warn] \"http\" block is skipped, this is a mail proxy only in c:12",
            "[warn] \"auth_http\" points to an address that the skipped \"http\" block listens on (\"127.0.0.1:9000\" in c:23): nothing answers there unless nginx goes on running in c:36",
        ],
        _conf.Texts(result));

        var options = result.Options!;
        Assert.Equal(("www-data", null, 0, 768, "/run/nginx.pid"), (options.User, options.Group, options.WorkerProcesses, options.WorkerConnections, options.Pid));
        Assert.Equal([("/var/log/nginx/error.log", ErrorLogLevel.Error)], options.ErrorLog.Select(log => (log.Target, log.Level)));
        Assert.Equal(["pop3", "imap"], options.Servers.Select(server => server.Protocol));
        Assert.Equal(["127.0.0.1:110", "[::1]:110"], options.Servers[0].Listen.Select(listen => listen.Text));
        Assert.Equal([$"{_conf.Directory}/c:40", $"{_conf.Directory}/c:46"], options.Servers.Select(server => server.Source));
        Assert.Equal([$"{_conf.Directory}/c", $"{_conf.Directory}/modules-enabled/50-mod-mail.conf"], result.Files.Select(file => file.Path));
    }

    [Fact]
    public void Several_blocks_of_one_kind_are_one_warning()
    {
        var result = _conf.Load("events {}\nhttp {}\nhttp { listen 8; }\nstream { }\nstream { server { listen 9; } }");
        Assert.Equal(["[warn] \"http\" block is skipped, this is a mail proxy only in c:2", "[warn] \"stream\" block is skipped, this is a mail proxy only in c:4"], _conf.Texts(result));
        Assert.NotNull(result.Options);
    }

    [Theory]
    [InlineData("80", "127.0.0.1", true)]
    [InlineData("80", "localhost/x", true)]
    [InlineData("*:81", "https://127.0.0.1:81", true)]
    [InlineData("[::]:81", "[::1]:81", true)]
    [InlineData("[::1]:81", "[::1]:81", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("localhost:81 ssl", "127.0.0.1:81", true)]
    [InlineData("unix:/run/auth", "unix:/run/auth:/x", true)]
    [InlineData("unix:/run/auth", "unix:/run/other", false)]
    [InlineData("127.0.0.2:81", "127.0.0.1:81", false)]
    [InlineData("82", "127.0.0.1:81", false)]
    [InlineData("[::]:81", "127.0.0.1:81", false)]
    // Not an address of this machine, so that http's wildcard is not it.
    [InlineData("80", "auth.test", false)]
    [InlineData("$host", "127.0.0.1", false)]
    public void The_warning_is_only_for_an_auth_server_at_a_skipped_listen(string listen, string url, bool isTaken)
    {
        var result = _conf.Load($"events {{}} http {{ server {{ listen {listen}; }} }} mail {{ server {{ listen 143; auth_http {url}; }} }}");
        Assert.Equal(isTaken, result.Messages.Any(message => message.Text.StartsWith("\"auth_http\" points", StringComparison.Ordinal)));
        Assert.NotNull(result.Options);
    }

    [Fact]
    public void The_warning_follows_include_and_a_server_without_listen()
    {
        _conf.Write("sites/auth.conf", "server { include listen; }\nserver { listen 9001; }\ninclude sites/*.conf;\n");
        _conf.Write("listen", "listen 127.0.0.1:9000;\n");
        var result = _conf.Load("events {} http { include none.conf; include sites/*.conf; }\nmail {\nauth_http 127.0.0.1:9000/a; server { listen 143; }\nserver { listen 110;\nauth_http 127.0.0.1:9001; }\n}");
        Assert.Equal(
        [
            "[warn] \"http\" block is skipped, this is a mail proxy only in c:1",
            "[warn] \"auth_http\" points to an address that the skipped \"http\" block listens on (\"127.0.0.1:9000\" in listen:1): nothing answers there unless nginx goes on running in c:3",
            "[warn] \"auth_http\" points to an address that the skipped \"http\" block listens on (\"9001\" in sites/auth.conf:2): nothing answers there unless nginx goes on running in c:5",
        ],
        _conf.Texts(result));

        result = _conf.Load("events {} http { server { root /x; } } mail { auth_http 127.0.0.1/a; server { listen 143; } }");
        Assert.Contains(result.Messages, message => message.Text.Contains("(\"80\" in ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("location = /auth { add_header Auth-Status OK; add_header Auth-Server 10.0.0.1; add_header Auth-Port 25; return 204; }", "10.0.0.1:25")]
    [InlineData("location / { return 404; } location /auth { add_header Auth-Server 10.0.0.1; add_header \"Auth-Port\" \"143\"; return 200; }", "10.0.0.1:143")]
    [InlineData("location ~ ^/auth(/|$) { add_header Auth-Server ::1; add_header Auth-Port 143; return 200 ''; }", "[::1]:143")]
    [InlineData("add_header Auth-Server 10.0.0.1 always; add_header Auth-Port 143; return 200;", "10.0.0.1:143")]
    [InlineData("include answer;", "10.0.0.9:25")]
    // The answer depends on the login, or is a refusal, or is another login's.
    [InlineData("location = /auth { add_header Auth-Server $server; add_header Auth-Port 25; return 204; }", null)]
    [InlineData("location = /auth { add_header Auth-Server 10.0.0.1; add_header Auth-Port $port; return 204; }", null)]
    [InlineData("location = /auth { if ($http_auth_user = x) { return 403; } add_header Auth-Server 10.0.0.1; add_header Auth-Port 25; return 204; }", null)]
    [InlineData("location = /auth { add_header Auth-Server 10.0.0.1; add_header Auth-Port 25; proxy_pass http://x; }", null)]
    [InlineData("location = /auth { add_header Auth-Status fail; add_header Auth-Server 10.0.0.1; add_header Auth-Port 25; return 204; }", null)]
    [InlineData("location = /auth { add_header Auth-User all; add_header Auth-Server 10.0.0.1; add_header Auth-Port 25; return 204; }", null)]
    [InlineData("location = /auth { add_header Auth-Server 10.0.0.1; add_header Auth-Port 25; return 403; }", null)]
    [InlineData("location ~ auth { proxy_pass http://x; } location /auth { add_header Auth-Server 10.0.0.1; add_header Auth-Port 25; return 204; }", null)]
    [InlineData("location /other { add_header Auth-Server 10.0.0.1; add_header Auth-Port 25; return 204; }", null)]
    [InlineData("location ~ ( { }", null)]
    public void The_warning_has_the_line_to_write_where_everybody_is_sent_to_one_server(string lines, string? upstream)
    {
        _conf.Write("answer", "location /auth { add_header Auth-Server 10.0.0.9; add_header Auth-Port 25; return 204; }");
        var result = _conf.Load($"events {{}} http {{ server {{ listen 127.0.0.1:9000; {lines} }} }} mail {{ server {{ listen 143; auth_http 127.0.0.1:9000/auth?x; }} }}");
        var text = Assert.Single(result.Messages, message => message.Text.StartsWith("\"auth_http\" points", StringComparison.Ordinal)).Text;
        if (upstream is null) Assert.DoesNotContain("proxy_pass", text, StringComparison.Ordinal);
        else Assert.Contains($"it sends everybody to one server, so write \"proxy_pass {upstream};\" instead in ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_word()
    {
        _conf.Write("more", "\uFEFFserver { listen 143; }\n");
        Assert.Single(_conf.Options("\uFEFFevents {} mail { auth_http 127.0.0.1:1; include more; }").Servers);
        Assert.Equal(["[emerg] unknown directive \"\uFEFFfoo\" in c:1"], _conf.Texts(_conf.Load("events {} \uFEFFfoo;")));
    }

    [Theory]
    [InlineData("imap_auth plain; imap_auth PLAIN login;", "duplicate value \"PLAIN\" in c:2")]
    [InlineData("set_real_ip_from 10.0.0.1/8;", "low address bits of 10.0.0.1/8 are meaningless in c:2")]
    [InlineData("set_real_ip_from ::1/64;", "low address bits of ::1/64 are meaningless in c:2")]
    [InlineData("error_log memory:32m debug;", "\"memory:32m\" is a log for debugging nginx itself, ignored in c:2")]
    [InlineData(
        "protocol smtp; smtp_auth none; starttls only; ssl_certificate a; ssl_certificate_key a;",
        "\"starttls only\" does not keep clients that need no authentication (\"smtp_auth none\") from sending mail in plain text, for server in c:1")]
    public void A_warning_does_not_stop_the_start(string lines, string message)
    {
        var result = _conf.Load(TestConf.Server(lines));
        Assert.Equal([$"[warn] {message}"], _conf.Texts(result));
        Assert.NotNull(result.Options);
    }

    [Fact]
    public void Networks_are_kept_without_their_low_bits() =>
        Assert.Equal(["10.0.0.0/8", "192.0.2.7/32", "::/64", "0.0.0.0/0", "10.32.0.0/11"],
            _conf.Load(TestConf.Server("set_real_ip_from 10.0.0.1/8; set_real_ip_from 192.0.2.7; set_real_ip_from ::1/64; set_real_ip_from 0.0.0.0/0; set_real_ip_from 10.63.0.0/11;")).Options!.Servers[0].SetRealIpFrom.Select(source => source.ToString()));

    [Fact]
    public void Without_root_a_user_is_only_a_warning()
    {
        _conf.IsPrivileged = false;
        var result = _conf.Load("user nosuchuser;\nevents {}");
        Assert.Equal(["[warn] the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored in c:1"], _conf.Texts(result));
        Assert.Null(result.Options!.User);
    }

    [Theory]
    [InlineData("user no-such-user;", "getpwnam(\"no-such-user\") failed")]
    [InlineData("user root no-such-group;", "getgrnam(\"no-such-group\") failed")]
    public void As_root_the_account_must_exist(string line, string message) =>
        Assert.Equal([$"[emerg] {message} in c:1"], _conf.Texts(_conf.Load($"{line} events {{}}")));

    [Fact]
    public void A_file_may_have_nothing_to_do() => Assert.Empty(_conf.Options("events {}").Servers);

    [Fact]
    public void The_main_context_has_nginxs_defaults()
    {
        var options = _conf.Options("events {}");
        Assert.Equal((1, 512, null, null, null, null, null), (options.WorkerProcesses, options.WorkerConnections, options.User, options.Pid, options.Daemon, options.WorkerShutdownTimeout, options.WorkerRlimitNofile));
        Assert.Empty(options.ErrorLog);
    }
}

using MailProxy.Configuration;
using MailProxy.Loading;

namespace MailProxy.Tests.Configuration;

/// <summary>Every directive of the specification, in every block.</summary>
public sealed class DirectiveContextTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    /// <summary>A right use of each directive, and where nginx allows it: X main, E events, M mail, S server, U upstream.</summary>
    public static TheoryData<string, string> Directives => new()
    {
        { "error_log stderr info;", "XMS" }, { "include none-*.conf;", "XEMSU" },
        { "user nobody;", "X" }, { "worker_processes auto;", "X" }, { "pid x.pid;", "X" }, { "worker_shutdown_timeout 10s;", "X" }, { "worker_shutdown_delay 10s;", "X" }, { "daemon off;", "X" },
        { "master_process on;", "X" }, { "worker_rlimit_nofile 1000;", "X" }, { "worker_priority -5;", "X" }, { "worker_cpu_affinity auto;", "X" },
        { "worker_rlimit_core 1m;", "X" }, { "transport linux;", "X" }, { "working_directory /tmp;", "X" }, { "timer_resolution 100ms;", "X" }, { "lock_file x;", "X" }, { "env A=b;", "X" },
        { "debug_points stop;", "X" }, { "pcre_jit on;", "X" }, { "thread_pool a threads=4;", "X" }, { "ssl_engine x;", "X" },
        { "ssl_object_cache_inheritable on;", "X" }, { "google_perftools_profiles x;", "X" }, { "quic_bpf on;", "X" }, { "load_module modules/x.so;", "X" },
        { "worker_connections 100;", "E" }, { "use epoll;", "E" }, { "multi_accept on;", "E" }, { "accept_mutex off;", "E" }, { "accept_mutex_delay 500ms;", "E" },
        { "debug_connection 127.0.0.1;", "E" }, { "epoll_events 512;", "E" }, { "worker_aio_requests 32;", "E" },
        { "listen 2143;", "S" }, { "protocol pop3;", "S" }, { "server_name mail.example;", "MS" }, { "timeout 5s;", "MS" }, { "max_errors 3;", "MS" },
        { "log_format short $pid;", "M" }, { "access_log logs/a.log json;", "MS" },
        { "resolver 127.0.0.1;", "MSU" }, { "resolver_timeout 5s;", "MSU" }, { "set_real_ip_from 10.0.0.0/8;", "MS" },
        { "passdb static;", "M" },
        { "auth_http 127.0.0.1:9;", "MS" }, { "auth_http_timeout 5s;", "MS" }, { "auth_http_keepalive 16;", "MS" }, { "auth_http_encoding base64;", "MS" }, { "auth_endpoint_key k3y;", "M" }, { "auth_http_cache_valid 30s;", "MS" }, { "auth_http_header A b;", "MS" }, { "auth_http_pass_client_cert on;", "MS" },
        { "proxy on;", "MS" }, { "proxy_bind 127.0.0.2;", "MS" }, { "proxy_buffer 8k;", "MS" }, { "proxy_timeout 1h;", "MS" }, { "proxy_pass_error_message on;", "MS" },
        { "proxy_pass 127.0.0.1:143;", "MS" }, { "proxy_connect_timeout 3s;", "MS" }, { "proxy_next_upstream off;", "MS" }, { "proxy_next_upstream_tries 2;", "MS" }, { "proxy_next_upstream_timeout 5s;", "MS" },
        { "server 127.0.0.1:143;", "U" }, { "hash $auth_user;", "U" }, { "least_conn;", "U" }, { "random two;", "U" }, { "health_check interval=5s;", "U" }, { "zone a 64k;", "U" },
        { "proxy_protocol v2;", "MS" }, { "proxy_protocol_version 2;", "MS" }, { "proxy_smtp_auth on;", "MS" }, { "proxy_imap_capability on;", "MS" }, { "xclient off;", "MS" },
        { "proxy_ssl starttls;", "MSU" }, { "proxy_ssl_verify off;", "MSU" }, { "proxy_ssl_verify_depth 2;", "MSU" }, { "proxy_ssl_name mail.example;", "MSU" },
        { "proxy_ssl_server_name off;", "MSU" }, { "proxy_ssl_protocols TLSv1.3;", "MSU" }, { "proxy_ssl_ciphers HIGH;", "MSU" }, { "proxy_ssl_password_file p;", "MSU" },
        { "proxy_ssl_trusted_certificate ca.pem;", "MSU" }, { "proxy_ssl_crl crl.pem;", "MSU" }, { "proxy_ssl_session_reuse off;", "MSU" },
        { "proxy_ssl_certificate c.pem;", "MSU" }, { "proxy_ssl_certificate_key c.key;", "MSU" },
        { "starttls off;", "MS" }, { "ssl off;", "MS" }, { "ssl_certificate c.pem;", "MS" }, { "ssl_certificate_key c.key;", "MS" }, { "ssl_password_file p;", "MS" },
        { "ssl_protocols TLSv1.3;", "MS" }, { "ssl_ciphers HIGH;", "MS" }, { "ssl_prefer_server_ciphers on;", "MS" }, { "ssl_conf_command Options -SessionTicket;", "MS" },
        { "ssl_certificate_compression on;", "MS" }, { "ssl_dhparam d.pem;", "MS" }, { "ssl_ecdh_curve X25519:P-256;", "MS" },
        { "ssl_session_cache builtin:1000 shared:A:1m;", "MS" }, { "ssl_session_timeout 1d;", "MS" }, { "ssl_session_tickets off;", "MS" },
        { "ssl_session_ticket_key k;", "MS" }, { "ssl_verify_client optional;", "MS" }, { "ssl_verify_depth 2;", "MS" }, { "ssl_client_certificate ca.pem;", "MS" },
        { "ssl_trusted_certificate ca.pem;", "MS" }, { "ssl_crl crl.pem;", "MS" },
        { "imap_auth plain login cram-md5 external;", "MS" }, { "imap_capabilities IMAP4rev1 IDLE;", "MS" }, { "imap_client_buffer 8k;", "MS" }, { "imap_id off;", "MS" },
        { "pop3_auth plain apop cram-md5 external;", "MS" }, { "pop3_capabilities TOP;", "MS" }, { "pop3_client_buffer 4k;", "MS" },
        { "smtp_auth plain login cram-md5 external none;", "MS" }, { "smtp_capabilities \"SIZE 10\" 8BITMIME;", "MS" }, { "smtp_client_buffer 8k;", "MS" }, { "smtp_greeting_delay 5s;", "MS" },
    };

    [Theory]
    [MemberData(nameof(Directives))]
    public void A_directive_is_accepted_where_nginx_allows_it_and_nowhere_else(string line, string contexts)
    {
        var name = Name(line);
        foreach (var context in "XEMSU")
        {
            var isAllowed = contexts.Contains(context);
            // In mail it is a block.
            var refusal = (name, context) == ("server", 'M') ? "directive \"server\" has no opening \"{\"" : $"\"{name}\" directive is not allowed here";
            Assert.Equal(isAllowed ? Deprecations(name) : [$"[emerg] {refusal} in c:2"], _conf.Texts(_conf.Load(In(context, line))));
        }
    }

    [Theory]
    [MemberData(nameof(Directives))]
    public void A_directive_with_a_block_is_not_terminated(string line, string contexts)
    {
        var name = Name(line);
        Assert.Equal([$"[emerg] directive \"{name}\" is not terminated by \";\" in c:2"], _conf.Texts(_conf.Load(In(contexts[0], line.Replace(';', '{') + "}"))));
    }

    [Theory]
    [MemberData(nameof(Directives))]
    public void A_directive_without_arguments_is_refused(string line, string contexts)
    {
        var name = Name(line);
        string[] needNone = ["least_conn", "random", "health_check"];
        Assert.Equal(needNone.Contains(name) ? [] : [$"[emerg] invalid number of arguments in \"{name}\" directive in c:2"], _conf.Texts(_conf.Load(In(contexts[0], name + ";"))));
    }

    [Theory]
    [MemberData(nameof(Directives))]
    public void A_scalar_twice_is_a_duplicate(string line, string contexts)
    {
        string[] repeatable =
        [
            "error_log", "access_log", "log_format", "include", "env", "thread_pool", "load_module", "debug_connection", "listen", "protocol", "auth_http", "auth_http_header", "set_real_ip_from",
            "ssl_certificate", "ssl_certificate_key", "ssl_conf_command", "ssl_protocols", "proxy_ssl_protocols", "ssl_session_cache", "ssl_session_ticket_key",
            "passdb", "imap_auth", "pop3_auth", "smtp_auth", "imap_capabilities", "pop3_capabilities", "smtp_capabilities",
            "server", "hash", "least_conn", "random", "zone",
        ];
        var name = Name(line);
        var messages = _conf.Load(In(contexts[0], $"{line}\n{(name switch { "listen" => "listen 3143;", "log_format" => "log_format other $pid;", _ => line })}")).Messages.Where(message => message.Level == ErrorLogLevel.Emerg).Select(message => message.Text);
        Assert.Equal(repeatable.Contains(name) ? [] : [$"\"{name}\" directive is duplicate in {_conf.Directory}/c:3"], messages);
    }

    [Fact]
    public void The_list_above_is_whole()
    {
        var listed = Directives.Select(row => Name(row.Data.Item1)).Order(StringComparer.Ordinal);
        Assert.Equal(Features.BuiltIn.Schema.Directives.All.Where(row => !row.IsBlock).Select(row => row.Name).Distinct(), listed);
    }

    private static string Name(string line) => line.Split(' ', ';')[0];

    /// <summary>What is said of a directive that nginx has had, where it may stand.</summary>
    private static string[] Deprecations(string name) =>
        name == "ssl" ? ["[warn] the \"ssl\" directive is deprecated, use the \"listen ... ssl\" directive instead in c:2"] : [];

    private static string In(char context, string line) => context switch
    {
        'X' => $"\n{line}\nevents {{}}",
        'E' => $"events {{\n{line}\n}}",
        'U' => $"events {{}} mail {{ proxy_ssl_certificate_key c.key; upstream u {{ server 127.0.0.1:143;\n{line}\n}} }}",
        'M' => $"events {{}} mail {{\n{line}\n}}",
        // The key is there for the certificate that needs one.
        _ => $"events {{}} mail {{ auth_http 127.0.0.1:9; proxy_ssl_certificate_key c.key; server {{ listen 143;\n{line}\n}} }}",
    };
}

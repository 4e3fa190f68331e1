using System.Text;

namespace MailProxy.Tests.Configuration;

/// <summary>Wrong files as a whole, each with nginx's messages.</summary>
public sealed class WrongFileTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Theory]
    [InlineData("", "no \"events\" section in configuration")]
    [InlineData("mail {}", "no \"events\" section in configuration")]
    [InlineData("events {} events {}", "\"events\" directive is duplicate in c:1")]
    [InlineData("events {}\nmail {}\nmail {\n}", "\"mail\" directive is duplicate in c:3")]
    [InlineData("events {} mail { auth_http 127.0.0.1; server\n{ protocol imap; } }", "no \"listen\" is defined for server in c:2")]
    [InlineData("events {} mail { auth_http 127.0.0.1; server { listen 20333;\n} }", "unknown mail protocol for server in c:1")]
    [InlineData("events {} mail { auth_http 127.0.0.1; server { listen unix:/143; } }", "unknown mail protocol for server in c:1")]
    [InlineData("events {} mail { auth_http 127.0.0.1; server { listen 100-150; } }", "unknown mail protocol for server in c:1")]
    [InlineData("events {} mail { server { listen 143; } }", "no \"auth_http\" is defined for server in c:1")]
    [InlineData("events {} mail { server { listen 143; proxy off; } }", "no \"auth_http\" is defined for server in c:1")]
    [InlineData("events {", "unexpected end of file, expecting \"}\" in c:1")]
    [InlineData("events {}\nuser", "unexpected end of file, expecting \";\" or \"}\" in c:2")]
    [InlineData("events {}\nuser \"nobody\n;\n", "unexpected end of file, expecting \";\" or \"}\" in c:4")]
    [InlineData("events {} pid \"a\"", "unexpected end of file, expecting \";\" or \"}\" in c:1")]
    [InlineData("events {}\n}\n", "unexpected \"}\" in c:2")]
    [InlineData("events {}\n;\n", "unexpected \";\" in c:2")]
    [InlineData("events {}\n{ }\n", "unexpected \"{\" in c:2")]
    [InlineData("events {} mail\n}", "unexpected \"}\" in c:2")]
    [InlineData("events {} pid \"a\"b;", "unexpected \"b\" in c:1")]
    [InlineData("events {} pid 'a'};", "unexpected \"}\" in c:1")]
    [InlineData("events {} pid 'a'#x\n;", "unexpected \"#\" in c:1")]
    [InlineData("events {} mail { allow 127.0.0.1; }", "\"allow\" directive is not allowed here in c:1")]
    [InlineData("events {} sendfile on;", "\"sendfile\" directive is not allowed here in c:1")]
    [InlineData("events { foo; }", "unknown directive \"foo\" in c:1")]
    [InlineData("events { timeout 5s; }", "\"timeout\" directive is not allowed here in c:1")]
    [InlineData("events { worker_connections x; }", "invalid number \"x\" in c:1")]
    [InlineData("events { worker_connections 0; }", "\"worker_connections\" directive value must be equal to or greater than 1 in c:1")]
    [InlineData("events { worker_connections 1; worker_connections 2; }", "\"worker_connections\" directive is duplicate in c:1")]
    [InlineData("events { multi_accept maybe; }", "invalid value \"maybe\" in \"multi_accept\" directive, it must be \"on\" or \"off\" in c:1")]
    [InlineData("events foo {}", "invalid number of arguments in \"events\" directive in c:1")]
    [InlineData("events;", "directive \"events\" has no opening \"{\" in c:1")]
    [InlineData("events {} mail;", "directive \"mail\" has no opening \"{\" in c:1")]
    [InlineData("events {} mail x {}", "invalid number of arguments in \"mail\" directive in c:1")]
    [InlineData("events {} mail { server x {} }", "invalid number of arguments in \"server\" directive in c:1")]
    [InlineData("events {} http;", "directive \"http\" has no opening \"{\" in c:1")]
    [InlineData("events {} server {}", "\"server\" directive is not allowed here in c:1")]
    [InlineData("events {} mail { events {} }", "\"events\" directive is not allowed here in c:1")]
    [InlineData("events {} mail { listen 5; }", "\"listen\" directive is not allowed here in c:1")]
    [InlineData("events {} mail { protocol imap; }", "\"protocol\" directive is not allowed here in c:1")]
    [InlineData("events {} imap {}", "unknown directive \"imap\" in c:1")]
    [InlineData("events {} timeout 5s;", "\"timeout\" directive is not allowed here in c:1")]
    [InlineData("user a b c; events {}", "invalid number of arguments in \"user\" directive in c:1")]
    [InlineData("worker_processes x; events {}", "\"worker_processes\" directive invalid value in c:1")]
    [InlineData("worker_processes -1; events {}", "\"worker_processes\" directive invalid value in c:1")]
    [InlineData("worker_processes 0; events {}", "\"worker_processes\" directive invalid value in c:1")]
    [InlineData("worker_processes 1; worker_processes 1; events {}", "\"worker_processes\" directive is duplicate in c:1")]
    [InlineData("worker_shutdown_timeout 1y; events {}", "\"worker_shutdown_timeout\" directive invalid value in c:1")]
    [InlineData("worker_rlimit_nofile x; events {}", "\"worker_rlimit_nofile\" directive invalid number in c:1")]
    [InlineData("daemon maybe; events {}", "invalid value \"maybe\" in \"daemon\" directive, it must be \"on\" or \"off\" in c:1")]
    [InlineData("pid a b; events {}", "invalid number of arguments in \"pid\" directive in c:1")]
    [InlineData("pid a; pid b; events {}", "\"pid\" directive is duplicate in c:1")]
    [InlineData("events {} load_module modules/x.so;", "\"load_module\" directive is specified too late in c:1")]
    [InlineData("timer_resolution x; events {}", "\"timer_resolution\" directive invalid value in c:1")]
    [InlineData("debug_points foo; events {}", "invalid value \"foo\" in c:1")]
    [InlineData("thread_pool a; events {}", "invalid number of arguments in \"thread_pool\" directive in c:1")]
    [InlineData("pcre_jit x; events {}", "invalid value \"x\" in \"pcre_jit\" directive, it must be \"on\" or \"off\" in c:1")]
    public void A_wrong_file_is_refused(string text, string message)
    {
        var result = _conf.Load(text);
        Assert.Equal([$"[emerg] {message}"], _conf.Texts(result));
        Assert.Null(result.Options);
    }

    [Theory]
    [InlineData("daemon off", "unexpected end of parameter, expecting \";\"")]
    [InlineData("daemon \"off", "unexpected end of parameter, expecting \";\"")]
    [InlineData("daemon off; events {}", "block directives are not supported in -g option")]
    [InlineData("daemon off; daemon on;", "\"daemon\" directive is duplicate")]
    [InlineData("foo;", "unknown directive \"foo\"")]
    [InlineData("daemon x;", "invalid value \"x\" in \"daemon\" directive, it must be \"on\" or \"off\"")]
    [InlineData("timeout 5s;", "\"timeout\" directive is not allowed here")]
    [InlineData("include x;", "open() \"x\" failed (2: No such file or directory)")]
    [InlineData("}", "unexpected \"}\"")]
    [InlineData(";", "unexpected \";\"")]
    public void A_wrong_directive_of_the_command_line_is_refused(string global, string message) =>
        Assert.Equal([$"[emerg] {message} in command line"], _conf.Texts(_conf.Load("events {}", global)));

    [Fact]
    public void A_directive_of_the_command_line_and_of_the_file_is_a_duplicate() =>
        Assert.Equal(["[emerg] \"daemon\" directive is duplicate in c:2"], _conf.Texts(_conf.Load("events {}\ndaemon on;", "daemon off;")));

    [Theory]
    [InlineData("server_name {0};", 4095, null)]
    [InlineData("server_name {0};", 4096, "too long parameter \"aaaaaaaaaa...\" started in c:2")]
    [InlineData("server_name {0} ;", 4094, null)]
    [InlineData("server_name {0} ;", 4095, "too long parameter \"aaaaaaaaaa...\" started in c:2")]
    [InlineData("server_name \"{0}\";", 4094, null)]
    [InlineData("server_name \"{0}\";", 4095, "too long parameter \"aaaaaaaaaa...\" started in c:2")]
    [InlineData("server_name \"{0}\";", 4096, "too long parameter, probably missing terminating \"\"\" character in c:2")]
    [InlineData("server_name \n'\n{0}';", 4096, "too long parameter, probably missing terminating \"'\" character in c:3")]
    [InlineData("# {0}", 5000, null)]
    public void A_word_must_fit_nginxs_buffer(string line, int length, string? message)
    {
        var result = _conf.Load(TestConf.Server(line.Replace("{0}", new string('a', length), StringComparison.Ordinal)));
        Assert.Equal(message is null ? [] : [$"[emerg] {message}"], _conf.Texts(result));
    }

    [Fact]
    public void A_word_that_is_no_text_is_refused_but_not_in_a_comment_or_a_skipped_block()
    {
        var path = Path.Combine(_conf.Directory, "c");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("# \u00E9\nevents {}\nhttp { x \u00E9; }\nmail { server_name \u00E9; }"));
        Assert.Equal(
            ["[warn] \"http\" block is skipped, this is a mail proxy only in c:3", "[emerg] \"server_name\" directive is not valid UTF-8 in c:4"],
            _conf.Texts(_conf.LoadFile(path)));
    }

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Equal(["[emerg] open() \"none\" failed (2: No such file or directory)"], _conf.Texts(_conf.LoadFile(Path.Combine(_conf.Directory, "none"))));

    [Fact]
    public void Every_error_is_reported_not_only_the_first()
    {
        var result = _conf.Load("""
            worker_processes many;
            events { worker_connections none; }
            mail {
                timeout soon;
                smtp_auth magic plain;
                foo bar;
                listen 5;
                server {
                    listen 143 backlog=x;
                    protocol imap;
                    max_errors many;
                }
                server {
                    listen 20000;
                    auth_http https://nosuch.test/;
                }
                server {
                    auth_http 127.0.0.1;
                }
            """);
        Assert.Equal(
        [
            "[emerg] \"worker_processes\" directive invalid value in c:1",
            "[emerg] invalid number \"none\" in c:2",
            "[emerg] \"timeout\" directive invalid value in c:4",
            "[emerg] invalid value \"magic\" in c:5",
            "[emerg] unknown directive \"foo\" in c:6",
            "[emerg] \"listen\" directive is not allowed here in c:7",
            "[emerg] invalid backlog \"backlog=x\" in c:9",
            "[emerg] \"max_errors\" directive invalid number in c:11",
            "[emerg] host not found in auth_http \"https://nosuch.test/\" in c:15",
            // What is missing is not complained about in a file that was not read to its end.
            "[emerg] unexpected end of file, expecting \"}\" in c:19",
        ],
        _conf.Texts(result));
    }

    [Fact]
    public void Every_server_that_lacks_something_is_named_in_nginxs_order()
    {
        var result = _conf.Load("""
            events {}
            mail {
                server { listen 20001; }
                server { protocol imap; }
                server { listen 143; starttls on; }
                server { listen wrong; timeout x; auth_http wrong; }
            }
            """);
        Assert.Equal(
        [
            "[emerg] host not found in \"wrong\" of the \"listen\" directive in c:6",
            "[emerg] \"timeout\" directive invalid value in c:6",
            "[emerg] host not found in auth_http \"wrong\" in c:6",
            "[emerg] no \"listen\" is defined for server in c:4",
            "[emerg] unknown mail protocol for server in c:3",
            "[emerg] no \"ssl_certificate\" is defined for the \"starttls\" directive in c:5",
            "[emerg] no \"auth_http\" is defined for server in c:3",
            "[emerg] no \"auth_http\" is defined for server in c:4",
            "[emerg] no \"auth_http\" is defined for server in c:5",
        ],
        _conf.Texts(result));
    }
}

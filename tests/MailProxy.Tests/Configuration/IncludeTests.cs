using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration.Syntax;
using MailProxy.Observing.Logs;
using MailProxy.Tls;

namespace MailProxy.Tests.Configuration;

/// <summary>Includes, and the files that were read.</summary>
public sealed class IncludeTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void An_include_stands_for_its_directives_relative_to_the_main_file()
    {
        _conf.Write("sub/one.conf", "include sub/two.conf;");
        _conf.Write("sub/two.conf", "timeout 7s;\n");
        Assert.Equal(7, _conf.OnlyServer("include sub/one.conf;").Timeout.TotalSeconds);
    }

    [Fact]
    public void A_pattern_includes_what_it_matches_in_order_and_may_match_nothing()
    {
        _conf.Write("d/b.conf", "auth_http_header B b;");
        _conf.Write("d/a.conf", "auth_http_header A a;");
        _conf.Write("d/.hidden.conf", "foo;");
        _conf.Write("d/c.conf.bak", "foo;");
        _conf.Write("e/a.conf", "auth_http_header E e;");
        var server = _conf.OnlyServer($"include [de]/*.conf; include nothing/*; include {_conf.Directory}/d/?.conf;");
        Assert.Equal(["A", "B", "E", "A", "B"], server.AuthHttp.Headers.Select(header => header.Name));
    }

    [Fact]
    public void Errors_point_into_the_included_file()
    {
        _conf.Write("d/a.conf", "timeout 5s;\n\nfoo;\ntimeout 6s;");
        Assert.Equal(
            ["[emerg] unknown directive \"foo\" in d/a.conf:3", "[emerg] \"timeout\" directive is duplicate in d/a.conf:4"],
            _conf.Texts(_conf.Load(TestConf.Server("include d/a.conf;"))));
    }

    [Fact]
    public void An_included_file_cannot_close_a_block_that_it_did_not_open()
    {
        _conf.Write("a", "timeout 5s;\n} }");
        Assert.Equal(["[emerg] unexpected \"}\" in a:2"], _conf.Texts(_conf.Load(TestConf.Server("include a;"))));
    }

    [Fact]
    public void An_included_file_must_close_the_blocks_that_it_opens()
    {
        _conf.Write("a", "server { listen 25;");
        Assert.Equal(["[emerg] unexpected end of file, expecting \"}\" in a:1"], _conf.Texts(_conf.Load("events {} mail { include a; }")));
    }

    [Fact]
    public void A_file_that_includes_itself_is_an_error()
    {
        _conf.Write("a", "include b;");
        _conf.Write("b", "include d/../a;");
        Assert.Equal(["[emerg] \"d/../a\" includes itself in b:1"], _conf.Texts(_conf.Load(TestConf.Server("include a;"))));
    }

    [Fact]
    public void Errors_go_on_behind_a_file_that_is_missing() =>
        Assert.Equal(
            ["[emerg] open() \"none\" failed (2: No such file or directory) in c:2", "[emerg] unknown directive \"foo\" in c:3"],
            _conf.Texts(_conf.Load(TestConf.Server("include none;\nfoo;"))));

    [Fact]
    public void Files_are_listed_once_in_the_order_of_reading()
    {
        _conf.Write("a", "timeout 5s;");
        _conf.Write("b", "include a;");
        var text = "include none*; events {} mail { auth_http 127.0.0.1; server { listen 143; include b; } server { listen 110; include a; } }";
        var files = _conf.Load(text).Files;
        Assert.Equal([$"{_conf.Directory}/c", $"{_conf.Directory}/b", $"{_conf.Directory}/a"], files.Select(file => file.Path));
        Assert.Equal(text, Encoding.UTF8.GetString(files[0].Content.Span));
    }

    [Fact]
    public void The_command_line_may_include_and_its_files_come_first()
    {
        _conf.Write("a", "daemon off;");
        var result = _conf.Load("events {}", "include a;");
        Assert.False(result.Options!.Daemon);
        Assert.Equal([$"{_conf.Directory}/a", $"{_conf.Directory}/c"], result.Files.Select(file => file.Path));
    }

    [Fact]
    public void Relative_names_start_at_nginxs_directories()
    {
        var options = _conf.Options("pid run/x.pid; error_log logs/e.log; events {} mail { auth_http 127.0.0.1; ssl_certificate certs/a.pem; ssl_certificate data:xyz; ssl_certificate_key store:uri; ssl_dhparam /abs; server { listen 143; } }");
        var tls = options.Servers[0].Tls;
        Assert.Equal(($"{_conf.Directory}/prefix/run/x.pid", $"{_conf.Directory}/prefix/logs/e.log"), (options.Pid, options.ErrorLog[0].Target));
        Assert.Equal([$"{_conf.Directory}/certs/a.pem", "data:xyz"], tls.Certificate);
        Assert.Equal(["store:uri"], tls.CertificateKey);
        Assert.Equal("/abs", tls.Dhparam);
    }

    [Theory]
    [InlineData("a.conf", "*.conf", true)]
    [InlineData("a.conf", "*", true)]
    [InlineData(".a", "*", false)]
    [InlineData(".a", ".*", true)]
    [InlineData("abc", "a?c", true)]
    [InlineData("ac", "a?c", false)]
    [InlineData("abcabd", "*ab?", true)]
    [InlineData("a", "[abc]", true)]
    [InlineData("d", "[a-c]", false)]
    [InlineData("b", "[a-c]", true)]
    [InlineData("d", "[!a-c]", true)]
    [InlineData("d", "[^a-c]", true)]
    [InlineData("]", "[]a]", true)]
    [InlineData("-", "[a-]", true)]
    [InlineData("[", "[", true)]
    [InlineData("*", "\\*", true)]
    [InlineData("a", "\\*", false)]
    [InlineData("", "*", true)]
    [InlineData("a", "", false)]
    public void Patterns_are_those_of_the_shell(string name, string pattern, bool matches) => Assert.Equal(matches, ConfGlob.IsMatch(name, pattern));
}

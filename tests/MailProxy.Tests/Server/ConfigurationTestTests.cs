using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.Observing.Logs;
using MailProxy.Tests.Observing;

namespace MailProxy.Tests.Server;

public sealed class ConfigurationTestTests : IDisposable
{
    private readonly ServerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_good_configuration_is_said_to_be_so()
    {
        _folder.Write("mailproxy.conf", "events {}");
        Assert.Equal(0, _folder.Test());
        Assert.Equal(
            """
            mailproxy: the configuration file {dir}/mailproxy.conf syntax is ok
            mailproxy: configuration file {dir}/mailproxy.conf test is successful

            """, _folder.Error);
        Assert.Empty(_folder.Output);
    }

    [Fact]
    public void Quietly_it_says_nothing()
    {
        _folder.Write("mailproxy.conf", "events {}");
        Assert.Equal(0, _folder.Test("-q"));
        Assert.Equal("", _folder.Error);
    }

    [Fact]
    public void Every_error_is_printed_and_quiet_makes_no_difference()
    {
        _folder.Write("mailproxy.conf", "events {}\nfoo;\nworker_processes x;\n");
        Assert.Equal(1, _folder.Test("-q"));
        Assert.Equal(
            """
            mailproxy: [emerg] unknown directive "foo" in {dir}/mailproxy.conf:2
            mailproxy: [emerg] "worker_processes" directive invalid value in {dir}/mailproxy.conf:3
            mailproxy: configuration file {dir}/mailproxy.conf test failed

            """, _folder.Error);
    }

    [Fact]
    public void A_missing_file_is_an_error()
    {
        Assert.Equal(1, _folder.Test("-c", "other.conf"));
        Assert.Equal(
            """
            mailproxy: [emerg] open() "{dir}/other.conf" failed (2: No such file or directory)
            mailproxy: configuration file {dir}/other.conf test failed

            """, _folder.Error);
    }

    [Fact]
    public void Warnings_are_printed_and_harmless()
    {
        _folder.Write("mailproxy.conf", "events {}\nhttp { }\n");
        Assert.Equal(0, _folder.Test("-q"));
        Assert.StartsWith("mailproxy: [warn] ", _folder.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Logs_are_opened_and_sockets_bound_and_each_failure_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        // Somebody else's port may be the running program's own.
        _folder.Write("mailproxy.conf", $$"""
            events {}
            error_log {dir}/none/a.log;
            mail {
                auth_http 127.0.0.1:1;
                server { error_log {dir}/none/b.log; protocol imap; listen 127.0.0.1:{{((IPEndPoint)taken.LocalEndpoint).Port}}; listen 203.0.113.1:1; listen unix:{dir}/none/c; }
            }
            """);
        Assert.Equal(1, _folder.Test());
        Assert.Equal(
            """
            mailproxy: the configuration file {dir}/mailproxy.conf syntax is ok
            mailproxy: [emerg] open() "{dir}/none/a.log" failed (2: No such file or directory)
            mailproxy: [emerg] open() "{dir}/none/b.log" failed (2: No such file or directory)
            mailproxy: [emerg] bind() to 203.0.113.1:1 failed (99: Cannot assign requested address)
            mailproxy: [emerg] bind() to unix:{dir}/none/c failed (2: No such file or directory)
            mailproxy: configuration file {dir}/mailproxy.conf test failed

            """, _folder.Error);
    }

    [Theory]
    [InlineData("pid {dir}/none/pid;", "open\\(\\) \"{dir}/none/pid\" failed \\(2: No such file or directory\\)")]
    [InlineData("mail { auth_http 127.0.0.1:1; server { listen 127.0.0.1:9143; protocol imap; proxy_ssl on; proxy_ssl_trusted_certificate none.pem; } }", ".*{dir}/none.pem.*")]
    [InlineData("mail { auth_http 127.0.0.1:1; server { listen 127.0.0.1:9143; protocol imap; access_log {dir}/none/access.log; } }", "open\\(\\) \"{dir}/none/access.log\" failed .*")]
    public void What_a_start_would_fail_with_is_an_error(string line, string error)
    {
        _folder.Write("mailproxy.conf", $"events {{}}\n{line}\n");
        Assert.Equal(1, _folder.Test("-q"));
        Assert.Matches($"^mailproxy: \\[emerg\\] {error}\nmailproxy: configuration file {{dir}}/mailproxy.conf test failed\n$", _folder.Error);
    }

    [Fact]
    public void Certificates_are_loaded_with_the_configuration_and_each_failure_is_named()
    {
        _folder.Write("mailproxy.conf", """
            events {}
            mail {
                auth_http 127.0.0.1:1;
                server { protocol imap; listen 127.0.0.1:9993 ssl; ssl_certificate a.pem; ssl_certificate_key a.key; }
                server { protocol pop3; listen 127.0.0.1:9110; starttls on; ssl_certificate b.pem; ssl_certificate_key b.key; }
            }
            """);
        Assert.Equal(1, _folder.Test());
        Assert.Matches(
            """
            ^mailproxy: \[emerg\] cannot load certificate "{dir}/a.pem": .+
            mailproxy: \[emerg\] cannot load certificate "{dir}/b.pem": .+
            mailproxy: configuration file {dir}/mailproxy.conf test failed
            $
            """, _folder.Error);
    }

    [Fact]
    public void The_log_of_the_command_line_gets_the_errors_too()
    {
        _folder.Write("mailproxy.conf", "events {}\nfoo;\n");
        Assert.Equal(1, _folder.Test("-e", "first.log"));
        Assert.Equal($"{LogFolder.Head("emerg")}unknown directive \"foo\" in {{dir}}/mailproxy.conf:2\n", _folder.Read("first.log"));
    }

    [Fact]
    public void A_dump_has_the_bytes_of_every_file_once()
    {
        byte[] latin = [.. "# "u8, 0xE9, .. "\nevents {}\ninclude other/*.conf;\ninclude other/a.conf;"u8];
        _folder.WriteBytes("mailproxy.conf", latin);
        Directory.CreateDirectory(_folder["other"]);
        _folder.Write("other/a.conf", "");
        _folder.Write("other/b.conf", "daemon off;\n");
        Assert.Equal(0, _folder.Test("-Tq"));
        Assert.Equal(
            $"# configuration file {_folder["mailproxy.conf"]}:\n{Encoding.Latin1.GetString(latin)}\n" +
            $"# configuration file {_folder["other/a.conf"]}:\n\n" +
            $"# configuration file {_folder["other/b.conf"]}:\ndaemon off;\n\n",
            ServerFolder.Text(_folder.Output));
        Assert.Equal("", _folder.Error);
    }

    [Fact]
    public void A_bad_configuration_is_not_dumped()
    {
        _folder.Write("mailproxy.conf", "foo;");
        Assert.Equal(1, _folder.Test("-T"));
        Assert.Empty(_folder.Output);
    }

    [Fact]
    public void A_configuration_without_error_log_logs_where_the_command_line_says()
    {
        _folder.Write("mailproxy.conf", "events {}");
        var log = Assert.Single(_folder.Reader("-e", "first.log").Read().Options!.ErrorLog);
        Assert.Equal(_folder["first.log"], log.Target);
        Assert.Empty(_folder.Reader("-e", "stderr").Read().Options!.ErrorLog);

        _folder.Write("mailproxy.conf", "events {} error_log own.log;");
        Assert.Equal(_folder["own.log"], Assert.Single(_folder.Reader("-e", "first.log").Read().Options!.ErrorLog).Target);
    }
}

using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Observing.Logs;

namespace MailProxy.Tests.Configuration;

/// <summary><c>log_format</c> and <c>access_log</c>.</summary>
public sealed class AccessLogTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void A_server_has_the_logs_of_mail_unless_it_has_its_own()
    {
        var options = _conf.Options("""
            events {} mail { auth_http 127.0.0.1; access_log logs/a.log; access_log syslog:server=127.0.0.1,severity=notice short; log_format short $pid;
            server { listen 143; } server { listen 110; access_log stdout json; access_log stderr; } server { listen 25; access_log off; } }
            """);
        Assert.Equal(
            [($"{_conf.Directory}/prefix/logs/a.log", "combined"), ("syslog:server=127.0.0.1,severity=notice", "short")], Logs(options.Servers[0]));
        Assert.Equal([("stdout", "json"), ("stderr", "combined")], Logs(options.Servers[1]));
        Assert.Equal([("off", "combined")], Logs(options.Servers[2]));
        Assert.Empty(_conf.OnlyServer("").AccessLog);

        static IEnumerable<(string, string)> Logs(ServerOptions server) => server.AccessLog.Select(log => (log.Target, log.Format));
    }

    [Fact]
    public void The_words_of_a_format_are_one_line_in_which_no_variables_run_together()
    {
        var format = Assert.Single(Server("log_format f escape=none '$pid' status ${connection}s $msec;").LogFormats);
        Assert.Equal(("f", LogEscape.None, "${pid}status${connection}s${msec}"), (format.Name, format.Escape, format.Format));
    }

    [Fact]
    public void Every_variable_of_the_specification_is_known()
    {
        const string variables =
            "connection msec time_iso8601 time_local remote_addr remote_port server_addr server_port protocol ssl_protocol ssl_cipher ssl_server_name auth_user auth_method auth_status upstream_addr "
            + "upstream_connect_time upstream_login_time upstream_bytes_sent upstream_bytes_received bytes_sent bytes_received session_time status server_name hostname pid";
        Assert.Equal(variables.Split(' ').Order(), Enum.GetValues<LogVariable>().Select(SnakeCase.Of).Order());
        Assert.Single(Server($"log_format all {string.Join(' ', variables.Split(' ').Select(name => "$" + name))};").LogFormats);
    }

    [Theory]
    [InlineData("log_format f $nosuch;", "unknown \"nosuch\" variable")]
    [InlineData("log_format f \"a ${pid\";", "the closing bracket in \"pid\" variable is missing")]
    [InlineData("log_format f \"a $ b\";", "invalid parameter \"$ b\"")]
    [InlineData("log_format f a$;", "invalid parameter \"$\"")]
    [InlineData("log_format f ${};", "invalid parameter \"${}\"")]
    [InlineData("log_format f escape=xml $pid;", "unknown log format escaping \"xml\"")]
    [InlineData("log_format f;", "invalid number of arguments in \"log_format\" directive")]
    [InlineData("log_format f a; log_format f b;", "duplicate \"log_format\" name \"f\"")]
    [InlineData("log_format combined a;", "duplicate \"log_format\" name \"combined\"")]
    [InlineData("log_format json a;", "duplicate \"log_format\" name \"json\"")]
    [InlineData("access_log a nosuch;", "unknown log format \"nosuch\"")]
    [InlineData("access_log a json buffer=32k;", "invalid parameter \"buffer=32k\"")]
    [InlineData("access_log off json;", "invalid parameter \"json\"")]
    [InlineData("access_log \"\";", "\"access_log\" directive invalid value")]
    [InlineData("access_log syslog:x;", "unknown syslog parameter \"x\"")]
    public void A_wrong_one_is_an_error_that_names_its_place(string line, string message) =>
        Assert.Equal([$"[emerg] {message} in c:2"], _conf.Texts(_conf.Load(Mail(line))));

    [Fact]
    public void A_format_that_is_wrong_is_not_missing_too() =>
        Assert.Equal(["[emerg] unknown \"x\" variable in c:2"], _conf.Texts(_conf.Load(Mail("log_format f $x; access_log a f;"))));

    private ServerOptions Server(string line) => Assert.Single(_conf.Options(Mail(line)).Servers);

    private static string Mail(string line) => $"events {{}} mail {{ auth_http 127.0.0.1;\n{line}\nserver {{ listen 143; }} }}";
}

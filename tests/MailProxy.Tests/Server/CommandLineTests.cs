using MailProxy.Server;

namespace MailProxy.Tests.Server;

public sealed class CommandLineTests
{
    [Fact]
    public void Nothing_is_the_default_configuration()
    {
        var line = CommandLine.Parse([]);
        Assert.Equal("/etc/mailproxy/mailproxy.conf", line.ConfPath);
        Assert.Equal("/etc/mailproxy/", line.PrefixPath);
        Assert.Null(line.ErrorLogPath);
        Assert.Null(line.GlobalDirectives);
        Assert.Null(line.Signal);
        Assert.False(line.ShowVersion || line.ShowBuild || line.ShowHelp || line.Test || line.Dump || line.Quiet);
    }

    [Theory]
    [InlineData("-v", "version")]
    [InlineData("-V", "version build")]
    [InlineData("-h", "version help")]
    [InlineData("-?", "version help")]
    [InlineData("--help", "version help")]
    [InlineData("-t", "test")]
    [InlineData("-T", "test dump")]
    [InlineData("-q", "quiet")]
    [InlineData("-tq", "test quiet")]
    [InlineData("-qt", "test quiet")]
    [InlineData("-t -q", "test quiet")]
    [InlineData("-vt", "version test")]
    [InlineData("-hVTq", "version build help test dump quiet")]
    public void Flags_may_be_joined(string arguments, string expected)
    {
        var line = CommandLine.Parse(arguments.Split(' '));
        (bool IsSet, string Name)[] flags =
            [(line.ShowVersion, "version"), (line.ShowBuild, "build"), (line.ShowHelp, "help"), (line.Test, "test"), (line.Dump, "dump"), (line.Quiet, "quiet")];
        Assert.Equal(expected, string.Join(' ', flags.Where(flag => flag.IsSet).Select(flag => flag.Name)));
    }

    [Theory]
    [InlineData("-c", "/a/b.conf")]
    [InlineData("-c/a/b.conf")]
    [InlineData("-tc", "/a/b.conf")]
    [InlineData("-tqc/a/b.conf")]
    [InlineData("-c", "/x", "-c", "/a/b.conf")]
    public void Values_stand_apart_or_attached(params string[] arguments) => Assert.Equal("/a/b.conf", CommandLine.Parse(arguments).ConfPath);

    [Fact]
    public void What_follows_a_letter_with_a_value_is_the_value()
    {
        var line = CommandLine.Parse(["-ct", "-q", "-gdaemon off;"]);
        Assert.Equal("/etc/mailproxy/t", line.ConfPath);
        Assert.False(line.Test);
        Assert.True(line.Quiet);
        Assert.Equal("daemon off;", line.GlobalDirectives);
    }

    [Theory]
    [InlineData("-p", "/srv/mp", "/srv/mp/mailproxy.conf")]
    [InlineData("-p/srv/mp/", "-cmail.conf", "/srv/mp/mail.conf")]
    [InlineData("-cmail.conf", "-p/srv/mp", "/srv/mp/mail.conf")]
    [InlineData("-p/srv/mp", "-c/etc/mail.conf", "/etc/mail.conf")]
    [InlineData("-c", "conf/../mail.conf", "/etc/mailproxy/mail.conf")]
    public void A_relative_configuration_file_is_in_the_prefix(string first, string second, string expected) =>
        Assert.Equal(expected, CommandLine.Parse([first, second]).ConfPath);

    [Fact]
    public void A_relative_prefix_is_below_the_current_directory() =>
        Assert.Equal(Path.Combine(Directory.GetCurrentDirectory(), "here", "mailproxy.conf"), CommandLine.Parse(["-p", "here"]).ConfPath);

    [Theory]
    [InlineData("-e/var/log/mp.log", "/var/log/mp.log")]
    [InlineData("-emp.log", "/etc/mailproxy/mp.log")]
    [InlineData("-estderr", null)]
    public void The_first_log_is_in_the_prefix_too(string argument, string? expected) => Assert.Equal(expected, CommandLine.Parse([argument]).ErrorLogPath);

    [Fact]
    public void Empty_global_directives_are_none() => Assert.Null(CommandLine.Parse(["-g", ""]).GlobalDirectives);

    [Theory]
    [InlineData("stop", 2)]
    [InlineData("quit", 3)]
    [InlineData("reopen", 10)]
    [InlineData("reload", 1)]
    public void Words_stand_for_signals(string word, int number)
    {
        Assert.Equal((ProcessSignal)number, CommandLine.Parse(["-s", word]).Signal);
        Assert.Equal((ProcessSignal)number, CommandLine.Parse(["-s" + word]).Signal);
    }

    [Theory]
    [InlineData("invalid option: \"x\"", "-x")]
    [InlineData("invalid option: \"x\"", "-tx")]
    [InlineData("invalid option: \"x\"", "-hx")]
    [InlineData("invalid option: \"-\"", "--version")]
    [InlineData("invalid option: \"foo\"", "foo")]
    [InlineData("invalid option: \"foo\"", "-t", "foo")]
    [InlineData("invalid option: \"\"", "")]
    [InlineData("invalid option: \"-\"", "-")]
    [InlineData("invalid option: \"-s foo\"", "-s", "foo")]
    [InlineData("invalid option: \"-s STOP\"", "-sSTOP")]
    [InlineData("option \"-s\" requires parameter", "-s")]
    [InlineData("option \"-s\" requires parameter", "-qs")]
    [InlineData("option \"-c\" requires file name", "-c")]
    [InlineData("option \"-c\" requires file name", "-c", "")]
    [InlineData("option \"-e\" requires file name", "-e")]
    [InlineData("option \"-p\" requires directory name", "-p")]
    [InlineData("option \"-p\" requires directory name", "-p", "")]
    [InlineData("option \"-g\" requires parameter", "-g")]
    public void What_makes_no_sense_is_said_in_nginx_words(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => CommandLine.Parse(arguments)).Message);
}

using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Observing.Logs;
using MailProxy.Sessions;

namespace MailProxy.Tests.Observing;

public sealed class ErrorLogSetTests : IDisposable
{
    private readonly LogFolder _folder = new();
    private readonly SessionLogContext _context = new() { ConnectionNumber = 1, Client = "c", Listener = "s" };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_servers_logs_replace_the_outer_ones()
    {
        var own = new ServerOptions { ErrorLog = [LogFolder.Log(_folder["own"])] };
        var inheriting = new ServerOptions();
        using var logs = _folder.Open(new MailProxyOptions { ErrorLog = [LogFolder.Log(_folder["main"])], Servers = [own, inheriting] });
        SessionLog.LoggedIn(logs.ForSession(own, _context));
        Assert.Contains("client logged in", _folder.Read("own"), StringComparison.Ordinal);
        Assert.Equal("", _folder.Read("main"));
        SessionLog.SessionDone(logs.ForSession(inheriting, _context));
        Assert.Contains("proxied session done", _folder.Read("main"), StringComparison.Ordinal);
        Assert.DoesNotContain("proxied session done", _folder.Read("own"), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_are_appended_to_what_is_there()
    {
        File.WriteAllText(_folder["log"], "before\n");
        using (var logs = _folder.Open(_folder["log"])) SessionLog.LoggedIn(logs.Process);
        Assert.Equal($"before\n{LogFolder.Head("info")}client logged in\n", _folder.ReadNow("log"));
    }

    [Fact]
    public void Closing_writes_everything()
    {
        using (var logs = _folder.Open(_folder["log"]))
        {
            for (var i = 0; i < 10_000; i++) SessionLog.LoggedIn(logs.Process);
        }

        Assert.Equal(10_000, _folder.ReadNow("log").Count(c => c == '\n'));
    }

    [Fact]
    public void Configurations_before_and_after_a_reload_share_their_files()
    {
        using var before = _folder.Open(_folder["log"]);
        SessionLog.LoggedIn(before.Process);
        using (var after = _folder.Open(_folder["log"]))
        {
            SessionLog.SessionDone(before.Process);
            SessionLog.Maintenance(after.Process);
        }

        SessionLog.LoggedIn(before.Process);
        Assert.Equal(4, _folder.Read("log").Count(c => c == '\n'));
    }

    [Fact]
    public void A_file_that_was_renamed_is_left_on_reopen_and_loses_nothing()
    {
        using var logs = _folder.Open(_folder["log"]);
        SessionLog.LoggedIn(logs.Process);
        File.Move(_folder["log"], _folder["log.1"]);
        SessionLog.SessionDone(logs.Process);
        _folder.Sinks.Reopen();
        SessionLog.Maintenance(logs.Process);
        Assert.Contains("proxy off", _folder.Read("log"), StringComparison.Ordinal);
        Assert.Equal(2, _folder.ReadNow("log.1").Count(c => c == '\n'));
        Assert.Equal(1, _folder.ReadNow("log").Count(c => c == '\n'));
    }

    [Fact]
    public void A_reload_leaves_a_renamed_file_too()
    {
        using var before = _folder.Open(_folder["log"]);
        SessionLog.LoggedIn(before.Process);
        File.Move(_folder["log"], _folder["log.1"]);
        using var after = _folder.Open(_folder["log"]);
        SessionLog.SessionDone(before.Process);
        Assert.Contains("proxied session done", _folder.Read("log"), StringComparison.Ordinal);
        Assert.Contains("client logged in", _folder.ReadNow("log.1"), StringComparison.Ordinal);
    }

    [Fact]
    public void After_copytruncate_there_is_no_hole()
    {
        using var logs = _folder.Open(_folder["log"]);
        SessionLog.LoggedIn(logs.Process);
        _folder.Read("log");
        File.WriteAllBytes(_folder["log"], []);
        SessionLog.SessionDone(logs.Process);
        Assert.StartsWith("2026/", _folder.Read("log"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_cannot_be_reopened_is_reported_and_stays(bool reloads)
    {
        using var logs = _folder.Open(_folder["log"]);
        File.Move(_folder["log"], _folder["log.1"]);
        Directory.CreateDirectory(_folder["log"]);
        if (reloads) _folder.Open(_folder["log"]).Dispose();
        else _folder.Sinks.Reopen();
        SessionLog.LoggedIn(logs.Process);
        logs.Dispose();
        Assert.Equal(
            $"{LogFolder.Head("emerg")}open() \"{_folder["log"]}\" failed (21: Is a directory)\n{LogFolder.Head("info")}client logged in\n",
            _folder.ReadNow("log.1"));
    }

    [Fact]
    public void Every_log_that_cannot_be_opened_is_named()
    {
        var options = new MailProxyOptions
        {
            ErrorLog = [LogFolder.Log(_folder["good"]), LogFolder.Log(_folder["no/log"])],
            Servers = [new ServerOptions { ErrorLog = [LogFolder.Log("syslog:server=nowhere.invalid,facility=mail")] }],
        };
        var exception = Assert.Throws<ErrorLogException>(() => _folder.Open(options));
        Assert.Equal(
            [$"open() \"{_folder["no/log"]}\" failed (2: No such file or directory)", "host not found in syslog server \"nowhere.invalid\""],
            exception.Errors);
    }

    [Fact]
    public void What_goes_wrong_with_logs_is_said_by_the_newest_configuration()
    {
        using var before = _folder.Open(_folder["before"]);
        using (_folder.Open(_folder["after"])) _folder.Sinks.Report(ErrorLogLevel.Alert, "one");
        _folder.Sinks.Report(ErrorLogLevel.Alert, "two");
        Assert.Equal($"{LogFolder.Head("alert")}one\n", _folder.ReadNow("after"));
        Assert.Equal($"{LogFolder.Head("alert")}two\n", _folder.Read("before"));
    }

    [Fact]
    public void A_new_file_can_be_read_by_everybody_and_written_by_its_owner()
    {
        if (OperatingSystem.IsWindows()) return;
        using var logs = _folder.Open(_folder["log"]);
        const UnixFileMode maskable = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["log"]) & ~maskable);
    }
}

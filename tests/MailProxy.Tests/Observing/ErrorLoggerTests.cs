using System.Net;
using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Observing.Logs;
using MailProxy.Sessions;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.Observing;

public sealed class ErrorLoggerTests : IDisposable
{
    private readonly LogFolder _folder = new();
    private readonly SessionLogContext _context = new() { ConnectionNumber = 2, Client = "127.0.0.1", Listener = "127.0.0.1:143" };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(LogLevel.Trace, 200, "debug")]
    [InlineData(LogLevel.Debug, 200, "debug")]
    [InlineData(LogLevel.Information, 200, "info")]
    [InlineData(LogLevel.Information, 189, "info")]
    [InlineData(LogLevel.Information, 190, "notice")]
    [InlineData(LogLevel.Information, 594, "notice")]
    [InlineData(LogLevel.Warning, 407, "warn")]
    [InlineData(LogLevel.Error, 300, "error")]
    [InlineData(LogLevel.Critical, 302, "crit")]
    [InlineData(LogLevel.Critical, 195, "alert")]
    [InlineData(LogLevel.Critical, 597, "alert")]
    [InlineData(LogLevel.Critical, 598, "emerg")]
    [InlineData(LogLevel.Critical, 699, "emerg")]
    public void An_events_level_and_id_give_nginx_level(LogLevel level, int id, string expected)
    {
        using var logs = _folder.Open(_folder["log"]);
        Log(logs.Process, level, id);
        Assert.Equal($"{LogFolder.Head(expected)}text\n", _folder.Read("log"));
    }

    [Theory]
    [InlineData(79, true)]
    [InlineData(80, false)]
    [InlineData(89, false)]
    [InlineData(90, true)]
    public void Events_80_to_89_of_each_hundred_have_no_suffix(int id, bool hasSuffix)
    {
        using var logs = _folder.Open(_folder["log"]);
        Log(logs.ForSession(new ServerOptions(), _context), LogLevel.Information, 300 + id);
        Assert.Equal(hasSuffix, _folder.Read("log").EndsWith(": *2 text, client: 127.0.0.1, server: 127.0.0.1:143\n", StringComparison.Ordinal));
        Assert.Equal(!hasSuffix, _folder.Read("log").EndsWith(": *2 text\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_log_has_its_own_threshold()
    {
        ErrorLogLevel[] levels = Enum.GetValues<ErrorLogLevel>();
        using var logs = _folder.Open(new MailProxyOptions { ErrorLog = [.. levels.Select(level => LogFolder.Log(_folder[level.ToString()], level))] });
        var events = new[] { (LogLevel.Critical, 598), (LogLevel.Critical, 595), (LogLevel.Critical, 500), (LogLevel.Error, 500), (LogLevel.Warning, 500), (LogLevel.Information, 590), (LogLevel.Information, 500), (LogLevel.Debug, 500) };
        foreach (var (level, id) in events) Log(logs.Process, level, id);
        for (var i = 0; i < levels.Length; i++) Assert.Equal(i + 1, _folder.Read(levels[i].ToString()).Count(c => c == '\n'));
    }

    [Theory]
    [InlineData(ErrorLogLevel.Error, LogLevel.Information, false)]
    [InlineData(ErrorLogLevel.Notice, LogLevel.Information, true)]
    [InlineData(ErrorLogLevel.Info, LogLevel.Debug, false)]
    [InlineData(ErrorLogLevel.Debug, LogLevel.Debug, true)]
    [InlineData(ErrorLogLevel.Emerg, LogLevel.Critical, true)]
    [InlineData(ErrorLogLevel.Emerg, LogLevel.Error, false)]
    [InlineData(ErrorLogLevel.Debug, LogLevel.None, false)]
    public void A_level_is_enabled_where_any_of_its_events_could_be_written(object threshold, LogLevel level, bool expected)
    {
        using var logs = _folder.Open(_folder["log"], (ErrorLogLevel)threshold);
        Assert.Equal(expected, logs.Process.IsEnabled(level));
    }

    [Fact]
    public void Nothing_is_formatted_that_nobody_wants()
    {
        using var logs = _folder.Open(_folder["log"], ErrorLogLevel.Notice);
        logs.Process.Log(LogLevel.Information, 200, 0, null, (_, _) => throw new InvalidOperationException("formatted"));
        Assert.Equal("", _folder.Read("log"));
    }

    [Fact]
    public void An_event_that_nobody_wants_costs_no_memory()
    {
        using var logs = _folder.Open(_folder["log"], ErrorLogLevel.Error);
        var log = logs.ForSession(new ServerOptions(), _context);
        SessionLog.LoginFailed(log, "text");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) SessionLog.LoginFailed(log, "text");
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_line_says_what_the_session_does_when_it_is_written()
    {
        using var logs = _folder.Open(_folder["log"]);
        var log = logs.ForSession(new ServerOptions(), _context);
        _context.Action = SessionAction.Authenticating;
        SessionLog.TooManyErrors(log);
        (_context.Action, _context.Login, _context.UpstreamEndPoint) = (null, "fred", IPEndPoint.Parse("127.0.0.1:1143"));
        SessionLog.LoggedIn(log);
        Assert.Equal(
            $"{LogFolder.Head("info")}*2 client sent too many invalid commands while in auth state, client: 127.0.0.1, server: 127.0.0.1:143\n" +
            $"{LogFolder.Head("info")}*2 client logged in, client: 127.0.0.1, server: 127.0.0.1:143, login: \"fred\", upstream: 127.0.0.1:1143\n",
            _folder.Read("log"));
    }

    [Fact]
    public void Structured_events_carry_the_sessions_facts()
    {
        using var provider = new RecordingProvider(LogLevel.Information);
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(provider));
        using var logs = _folder.Open(new MailProxyOptions { ErrorLog = [LogFolder.Log(_folder["log"], ErrorLogLevel.Error)] }, loggers);
        (_context.Action, _context.Login) = (SessionAction.AskingAuthHttp, "fred");
        SessionLog.LoginFailed(logs.ForSession(new ServerOptions(), _context), "no");

        var recorded = Assert.Single(provider.Events);
        Assert.Equal("MailProxy.Session", recorded.Category);
        Assert.Equal("LoginFailed", recorded.Id.Name);
        Assert.Equal("no", recorded.Facts["Text"]);
        Assert.Equal(2L, recorded.Facts["connection"]);
        Assert.Equal("in http auth state", recorded.Facts["action"]);
        Assert.Equal("127.0.0.1", recorded.Facts["client"]);
        Assert.Equal("127.0.0.1:143", recorded.Facts["server"]);
        Assert.Equal("fred", recorded.Facts["login"]);
        Assert.Equal("", _folder.Read("log"));
    }

    [Fact]
    public void Structured_events_follow_their_own_filter()
    {
        using var provider = new RecordingProvider(LogLevel.Warning);
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(provider));
        using var logs = _folder.Open(new MailProxyOptions { ErrorLog = [LogFolder.Log(_folder["log"])] }, loggers);
        Log(logs.Process, LogLevel.Information, 590);
        Log(logs.Process, LogLevel.Warning, 500);
        Assert.Equal("MailProxy", Assert.Single(provider.Events).Category);
        Assert.Equal(2, _folder.Read("log").Count(c => c == '\n'));
    }

    private static void Log(ILogger logger, LogLevel level, int id)
    {
        // What the generated methods do.
        if (logger.IsEnabled(level)) logger.Log(level, id, "text", null, static (text, _) => text);
    }
}

using System.Text;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Observing;

/// <summary>A folder for one test's logs, with the sinks of a process and a clock that stands.</summary>
internal sealed class LogFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mailproxy-log-");

    public LogFolder()
    {
        Time.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test"));
        Sinks = new LogSinks(Time);
    }

    /// <summary>What every line of the process begins with, but for its level.</summary>
    public static string Head(string level) => $"2026/11/23 17:24:15 [{level}] {Environment.ProcessId}#{Environment.ProcessId}: ";

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 16, 24, 15, TimeSpan.Zero));

    public LogSinks Sinks { get; }

    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>The logs of a configuration with one <c>error_log</c> and one server.</summary>
    public ErrorLogSet Open(string target, ErrorLogLevel level = ErrorLogLevel.Debug) => Open(new MailProxyOptions { ErrorLog = [Log(target, level)] });

    public ErrorLogSet Open(MailProxyOptions options, ILoggerFactory? loggers = null) => new(options, Sinks, loggers ?? NullLoggerFactory.Instance, Time);

    public static ErrorLogOptions Log(string target, ErrorLogLevel level = ErrorLogLevel.Debug) => new() { Target = target, Level = level };

    /// <summary>What is in a file once everything is written.</summary>
    public string Read(string name)
    {
        Sinks.Reopen();
        return ReadNow(name);
    }

    public string ReadNow(string name) => Encoding.UTF8.GetString(File.ReadAllBytes(this[name]));

    public void Dispose()
    {
        Sinks.Dispose();
        _folder.Delete(recursive: true);
    }
}

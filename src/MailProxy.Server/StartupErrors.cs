using MailProxy.Configuration;
using MailProxy.Diagnostics;

namespace MailProxy.Server;

/// <summary>What is wrong before the configuration's own logs are open: on stderr, and in the log that <c>-e</c> names.</summary>
internal sealed class StartupErrors(TextWriter standardError, string? logFile, TimeProvider time)
{
    public void Write(ErrorLogLevel level, string text)
    {
        standardError.WriteLine($"mailproxy: [{ErrorLogLevels.NameOf(level)}] {text}");
        if (logFile is null or "stderr") return;
        try
        {
            using var file = AppendFile.Open(logFile);
            file.Write(ErrorLogLine.Format(stackalloc byte[ErrorLogLine.MaxLength], time.GetLocalNow(), level, text));
        }
        catch (IOException exception)
        {
            standardError.WriteLine($"mailproxy: [alert] could not open error log file: {exception.Message}");
        }
    }

    public void Write(IEnumerable<ConfigurationMessage> messages)
    {
        foreach (var message in messages) Write(message.Level, message.Text);
    }

    /// <summary>An error with its causes, the first cause first.</summary>
    public void Write(Exception exception)
    {
        var texts = new List<string>();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is IOException or Hosting.StartupException or Transport.ListenException && !texts.Contains(cause.Message)) texts.Add(cause.Message);
        }

        foreach (var text in Enumerable.Reverse(texts)) Write(ErrorLogLevel.Emerg, text);
    }
}

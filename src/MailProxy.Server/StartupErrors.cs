using System.Net.Sockets;
using System.Text.Json;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Transport.Sockets;

namespace MailProxy.Server;

/// <summary>What there is to say before the configuration's own logs are open: on stderr from warnings on, and all of it in the log that <c>-e</c> names.</summary>
internal sealed class StartupErrors(TextWriter standardError, string? logFile, TimeProvider time)
{
    public void Write(ErrorLogLevel level, string text)
    {
        if (level <= ErrorLogLevel.Warn) standardError.WriteLine($"mailproxy: [{ErrorLogLevels.NameOf(level)}] {text}");
        if (logFile is null) return;
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

    /// <summary>An error with its causes, the first cause first. One that nobody has foreseen is told with all that is known of it, in one line.</summary>
    public void Write(Exception exception)
    {
        if (exception is not (StartupException or IOException or InvalidDataException or FormatException or SocketException or InvalidOperationException))
        {
            Write(ErrorLogLevel.Emerg, exception.ToString().ReplaceLineEndings(" | "));
            return;
        }

        var texts = new List<string>();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            var isOfUse = cause == exception || cause is IOException or FormatException or JsonException or StartupException or ListenException;
            var text = cause.Message.ReplaceLineEndings(" ");
            if (isOfUse && !texts.Contains(text)) texts.Add(text);
        }

        foreach (var text in Enumerable.Reverse(texts)) Write(ErrorLogLevel.Emerg, text);
    }
}

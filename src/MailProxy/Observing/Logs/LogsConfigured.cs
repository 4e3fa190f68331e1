using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Observing.Logs;

/// <summary>The logs.</summary>
internal sealed class LogsConfigured(LogSinks sinks, ILoggerFactory loggers, TimeProvider time) : IConfigured
{
    public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        try
        {
            var logs = new ErrorLogSet(preparation.Options, sinks, loggers, time);
            return ValueTask.FromResult<IPrepared>(new Prepared<ErrorLogSet>(logs, end: logs.Dispose));
        }
        catch (IOException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }
}

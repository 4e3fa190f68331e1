using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Transport;
using MailProxy.Transport.Sockets;

namespace MailProxy.Hosting;

/// <summary>The sockets: opened behind all else, and they accept once all else is in force.</summary>
internal sealed class SocketsConfigured(ListenerSet listeners) : IConfigured
{
    public async ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        // Another program, or the one that runs, may have them.
        if (preparation.IsTrial) return new Prepared<ListenerSet>(listeners);
        var log = preparation.Of<ErrorLogSet>().Process;
        void ReportBindFailure(ListenException exception) => HostingLog.BindFailed(log, exception.Message);
        listeners.BindFailed += ReportBindFailure;
        try
        {
            var change = await listeners.PrepareAsync(preparation.Of<Generation>().Table.Sockets, cancellationToken);
            return new Prepared<ListenerSet>(listeners, commit: change.Commit, end: change.Dispose);
        }
        catch (ListenException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
        finally
        {
            listeners.BindFailed -= ReportBindFailure;
        }
    }
}

using MailProxy.Transport.Features;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Managed;

/// <summary>The portable relay: two pumps over the connections' pipes.</summary>
/// <param name="client">The connection that this is a feature of.</param>
/// <param name="time">The clock of the time limits.</param>
internal sealed class ManagedRelay(ConnectionContext client, TimeProvider time) : IRelayFeature
{
    public async ValueTask<RelayResult> RelayAsync(ConnectionContext upstream, RelayOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.UpstreamBuffer, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.ClientBuffer, nameof(options));
        using var run = new RelayRun(client, upstream, options, time);
        return await run.RunAsync(cancellationToken);
    }
}

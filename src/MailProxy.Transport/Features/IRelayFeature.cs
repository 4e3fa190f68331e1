using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Features;

/// <summary>Joins a client's connection with an upstream's until one of them ends. Set on the client's connection.</summary>
internal interface IRelayFeature
{
    /// <summary>
    /// Carries bytes both ways, unchanged, until one side has ended and what it sent is delivered. Bytes that either
    /// reader still holds go first. Neither connection is closed here. Never throws for what a peer does.
    /// </summary>
    /// <param name="upstream">The other side.</param>
    /// <param name="options">Time limits and buffer sizes.</param>
    /// <param name="cancellationToken">Ends the relay at once, with <see cref="RelayEnd.Stopped"/>.</param>
    ValueTask<RelayResult> RelayAsync(ConnectionContext upstream, RelayOptions options, CancellationToken cancellationToken);
}

/// <summary>How a relay runs.</summary>
/// <param name="IdleTimeout">Time without a byte in either direction after which it ends (<c>proxy_timeout</c>).</param>
/// <param name="DrainTimeout">Once one side has ended: time without a byte from the other after which it ends too.</param>
/// <param name="UpstreamBuffer">Bytes held at most on the way from upstream to client (<c>proxy_buffer</c>).</param>
/// <param name="ClientBuffer">Bytes held at most on the way from client to upstream.</param>
internal readonly record struct RelayOptions(TimeSpan IdleTimeout, TimeSpan DrainTimeout, int UpstreamBuffer, int ClientBuffer);

/// <summary>What a relay did.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="BytesFromClient">Bytes delivered to the upstream.</param>
/// <param name="BytesFromUpstream">Bytes delivered to the client.</param>
/// <param name="Error">The socket's error where <paramref name="End"/> is one.</param>
internal readonly record struct RelayResult(RelayEnd End, long BytesFromClient, long BytesFromUpstream, Exception? Error = null);

/// <summary>Why a relay ended.</summary>
internal enum RelayEnd
{
    /// <summary>The client ended its side, and the upstream had its chance to answer.</summary>
    ClientClosed,

    /// <summary>The upstream ended its side.</summary>
    UpstreamClosed,

    /// <summary>No byte for the idle time.</summary>
    TimedOut,

    /// <summary>The client's socket failed.</summary>
    ClientError,

    /// <summary>The upstream's socket failed.</summary>
    UpstreamError,

    /// <summary>The caller stopped it.</summary>
    Stopped,
}

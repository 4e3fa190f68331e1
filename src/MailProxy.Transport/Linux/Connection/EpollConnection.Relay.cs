using MailProxy.Transport.Features;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Linux.Relay;
using MailProxy.Transport.Managed;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>The relay, the connection's features, and what its errors are called.</summary>
internal sealed partial class EpollConnection : IRelayFeature, IHalfCloseFeature
{
    private DescriptorRelay? _relay;

    /// <inheritdoc/>
    public ValueTask<RelayResult> RelayAsync(ConnectionContext upstream, RelayOptions options, CancellationToken cancellationToken)
    {
        // Another loop's connection, or one that carries a foreign transport, goes through pipes.
        if (upstream is not EpollConnection other || other.Loop != Loop || !Loop.IsCurrent || !IsBare || !other.IsBare)
            return new ManagedRelay(this, GuardedTime.Instance).RelayAsync(upstream, options, cancellationToken);
        var relay = new DescriptorRelay(this, other, options);
        _relay = other._relay = relay;
        return relay.RunAsync(cancellationToken);
    }

    /// <summary>The relay has taken what was buffered, and works without the pipes.</summary>
    internal void DropPipes()
    {
        _reader = null;
        if (_writer is { HasUnsent: false }) _writer = null;
    }

    /// <summary>The relay is over: events are the reader's and the writer's again.</summary>
    internal void EndRelay() => _relay = null;

    /// <summary>The exception for an errno of this connection.</summary>
    internal Exception ErrorOf(int errno)
    {
        var cause = Errno.ToException(errno);
        return errno is Errno.ConnectionReset or Errno.BrokenPipe ? new ConnectionResetException(cause.Message, cause)
            : errno == Errno.Protocol && _tls?.Failure is { } failure ? new IOException(failure)
            : errno == Errno.ConnectionAborted && IsClosed ? new ConnectionAbortedException("The connection is closed.")
            : new IOException(cause.Message, cause);
    }
}

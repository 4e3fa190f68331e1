using MailProxy.Transport.Features;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Managed;

/// <summary>
/// One relay from begin to end. A side that ends its stream, or can be written no more, leaves the other direction
/// running for as long as bytes come (at most <see cref="RelayOptions.DrainTimeout"/> apart): a last reply may be on
/// its way. The upstream's end is the exception: nothing can answer the client any more, and it waits for the close.
/// </summary>
internal sealed class RelayRun : IDisposable
{
    private readonly ConnectionContext _upstream;
    private readonly RelayOptions _options;
    private readonly IdleTimer _idle;
    private readonly RelayPump _toUpstream;
    private readonly RelayPump _toClient;
    private readonly Lock _gate = new();
    private RelayEnd _end;
    private Exception? _error;
    private bool _draining;
    private bool _finished;

    public RelayRun(ConnectionContext client, ConnectionContext upstream, RelayOptions options, TimeProvider time)
    {
        _upstream = upstream;
        _options = options;
        _idle = new IdleTimer(time, () => Finish(RelayEnd.TimedOut));
        _toUpstream = new RelayPump(client.Transport.Input, upstream.Transport.Output, options.ClientBuffer, _idle);
        _toClient = new RelayPump(upstream.Transport.Input, client.Transport.Output, options.UpstreamBuffer, _idle);
    }

    public async ValueTask<RelayResult> RunAsync(CancellationToken cancellationToken)
    {
        _idle.Start(_options.IdleTimeout);
        using var stop = cancellationToken.UnsafeRegister(static self => ((RelayRun)self!).Finish(RelayEnd.Stopped), this);
        var toUpstream = CarryToUpstreamAsync();
        await CarryToClientAsync();
        await toUpstream;
        lock (_gate)
        {
            _finished = true;
            return new RelayResult(_end, _toUpstream.Bytes, _toClient.Bytes, _error);
        }
    }

    public void Dispose() => _idle.Dispose();

    private static bool IsClient(RelayEnd end) => end is RelayEnd.ClientClosed or RelayEnd.ClientError;

    private static bool IsUpstream(RelayEnd end) => end is RelayEnd.UpstreamClosed or RelayEnd.UpstreamError;

    private async Task CarryToUpstreamAsync()
    {
        switch (await _toUpstream.RunAsync())
        {
            case PumpEnd.SourceEnded:
                Drain(RelayEnd.ClientClosed, null);
                _upstream.Features.Get<IHalfCloseFeature>()?.ShutdownSend();
                break;
            case PumpEnd.SourceFailed:
                Finish(RelayEnd.ClientError, _toUpstream.Error);
                break;
            case PumpEnd.SinkFailed:
                Drain(_toUpstream.Error is null ? RelayEnd.UpstreamClosed : RelayEnd.UpstreamError, _toUpstream.Error);
                break;
        }
    }

    private async Task CarryToClientAsync()
    {
        switch (await _toClient.RunAsync())
        {
            case PumpEnd.SourceEnded:
                Finish(RelayEnd.UpstreamClosed);
                break;
            case PumpEnd.SourceFailed:
                Finish(RelayEnd.UpstreamError, _toClient.Error);
                break;
            case PumpEnd.SinkFailed:
                Drain(_toClient.Error is null ? RelayEnd.ClientClosed : RelayEnd.ClientError, _toClient.Error);
                break;
        }
    }

    /// <summary>One direction is over for this reason; the other may go on.</summary>
    private void Drain(RelayEnd end, Exception? error)
    {
        lock (_gate)
        {
            if (_finished || _draining) return;
            _draining = true;
            (_end, _error) = (end, error);
            _idle.Start(_options.DrainTimeout);
        }
    }

    /// <summary>Both directions are over. The first reason counts, unless the same side gives a better one.</summary>
    private void Finish(RelayEnd end, Exception? error = null)
    {
        lock (_gate)
        {
            if (_finished) return;
            _finished = true;
            var sameSide = (IsClient(end) && IsClient(_end)) || (IsUpstream(end) && IsUpstream(_end));
            if (!_draining || end == RelayEnd.Stopped || sameSide) (_end, _error) = (end, error);
        }

        _toUpstream.Cancel();
        _toClient.Cancel();
    }
}

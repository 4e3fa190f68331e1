using System.Threading.Channels;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Sockets;

namespace MailProxy.Transport.Linux.Accept;

/// <summary>Gives Kestrel connections before their clients come, for all loops of a transport.</summary>
internal sealed class ParkedSource
{
    private readonly Channel<ParkedConnections> _orders = Channel.CreateUnbounded<ParkedConnections>();
    private readonly ParkedConnections[] _loops;
    private readonly DescriptorReserve _descriptors;

    public ParkedSource(EpollTransport transport, DescriptorReserve descriptors)
    {
        _descriptors = descriptors;
        _loops = [.. transport.Loops.Select(loop => new ParkedConnections(loop, _orders.Writer))];
        foreach (var loop in _loops) loop.Fill();
    }

    /// <summary>Accepts from a socket, on every loop, until the listener is disposed of.</summary>
    public void Listen(Listener listener, Action<ListenException> failed)
    {
        var accepting = _loops.Select(parked => new EpollListener(listener, parked, _descriptors, failed)).ToList();
        listener.Closing = () => accepting.ForEach(one => one.Stop());
        accepting.ForEach(one => one.Start());
    }

    /// <summary>The next connection to start; null once closed.</summary>
    public async ValueTask<EpollConnection?> NextAsync(CancellationToken cancellationToken)
    {
        while (await _orders.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_orders.Reader.TryRead(out var parked)) return parked.Create();
        }

        return null;
    }

    /// <summary>Nobody will come any more.</summary>
    public void Close()
    {
        _orders.Writer.TryComplete();
        foreach (var loop in _loops) loop.Close();
    }
}

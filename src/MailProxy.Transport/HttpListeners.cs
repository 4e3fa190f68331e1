using System.Net;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace MailProxy.Transport;

/// <summary>
/// The sockets of Kestrel's HTTP endpoints. They must not get in the way of a <see cref="ListenerSet"/>: an address that
/// cannot be had is told and tried again every five seconds, and there are few connections (<see cref="Connections"/>).
/// </summary>
/// <param name="time">The clock of the pauses between tries.</param>
/// <param name="loggers">For Kestrel's own events about connections.</param>
internal sealed class HttpListeners(TimeProvider time, ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    /// <summary>How many connections there may be, where a quarter of the descriptors are not fewer.</summary>
    public const int MostConnections = 256;

    private readonly SocketConnectionContextFactory _contexts = new(
        new SocketConnectionFactoryOptions { WaitForDataBeforeAllocatingBuffer = true }, loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));

    private readonly Dictionary<EndPoint, bool> _known = [];
    private readonly List<HttpAddressListener> _opened = [];

    /// <summary>An address cannot be listened on; told once until it can.</summary>
    public event Action<ListenException>? BindFailed;

    /// <summary>An address that could not be listened on is listened on now.</summary>
    public event Action<EndPoint>? Recovered;

    /// <summary>A socket cannot accept for now; told once until it can again.</summary>
    public event Action<ListenException>? AcceptFailed;

    /// <summary>The connections of all addresses together.</summary>
    public LimitedConnections Connections { get; } = new(static () => Math.Clamp(LinuxSockets.DescriptorLimit() / 4, 1, MostConnections), time);

    /// <summary>Why addresses are not listened on.</summary>
    public IReadOnlyList<ListenException> Failures
    {
        get
        {
            lock (_opened) return [.. _opened.Select(listener => listener.Failure).OfType<ListenException>()];
        }
    }

    /// <summary>Makes an address one of these. To be called before Kestrel starts.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="isOptional">Whether it does not matter where the machine has no such address.</param>
    public void Add(EndPoint endPoint, bool isOptional = false) => _known[endPoint] = isOptional;

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => _known.ContainsKey(endpoint);

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = new HttpAddressListener(endpoint, isOptional: _known[endpoint], Connections, _contexts, time)
        {
            BindFailed = exception => BindFailed?.Invoke(exception),
            Recovered = address => Recovered?.Invoke(address),
            AcceptFailed = exception => AcceptFailed?.Invoke(exception),
        };
        lock (_opened) _opened.Add(listener);
        listener.Start();
        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    /// <summary>Gives back what connections share; the listeners are Kestrel's to close.</summary>
    public void Dispose() => _contexts.Dispose();
}

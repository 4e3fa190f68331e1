using MailProxy.Transport.Sockets;

namespace MailProxy.Transport.Features;

/// <summary>Says by which socket a connection came in. Set on every connection that a <see cref="ListenerSet"/> accepts.</summary>
internal interface IListenSocketFeature
{
    /// <summary>The socket, with the options that it had when the connection came.</summary>
    ListenSocket Socket { get; }
}

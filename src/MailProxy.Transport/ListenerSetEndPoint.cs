using System.Net;

namespace MailProxy.Transport;

/// <summary>The one endpoint that Kestrel is told to listen on; behind it stands a <see cref="ListenerSet"/>.</summary>
internal sealed class ListenerSetEndPoint : EndPoint
{
    /// <summary>What Kestrel's log calls it.</summary>
    public override string ToString() => "listeners";
}

using System.Net;
using MailProxy.Configuration;

namespace MailProxy.Upstreams.Routing;

/// <summary>Names a server to whoever connects there himself, as other proxies do that ask <c>/auth</c>.</summary>
internal interface IUpstreamChoice
{
    /// <param name="address">A group, a host name or an address.</param>
    /// <param name="login">The login, for groups that hash it.</param>
    /// <param name="client">The client, for groups that hash its address.</param>
    /// <param name="cancellationToken">The answer is not needed any more.</param>
    /// <returns>Null where none can be used now: the group has no server left, or the name is not known.</returns>
    ValueTask<IPEndPoint?> ChooseAsync(UpstreamAddress address, byte[] login, IPAddress? client, CancellationToken cancellationToken);
}

using System.Net;

namespace MailProxy.Listening;

/// <summary>Peers whose PROXY header names the client (<c>set_real_ip_from</c>).</summary>
/// <param name="Network">Their addresses; null for those of unix sockets.</param>
internal sealed record RealIpSource(IPNetwork? Network)
{
    /// <summary><c>unix:</c>.</summary>
    public static RealIpSource Unix { get; } = new((IPNetwork?)null);

    /// <summary>As it is written.</summary>
    public override string ToString() => Network?.ToString() ?? "unix:";
}

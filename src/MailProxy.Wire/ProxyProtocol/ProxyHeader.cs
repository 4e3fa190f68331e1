using System.Net;

namespace MailProxy.Wire.ProxyProtocol;

/// <summary>The addresses of a PROXY protocol header, versions 1 and 2.</summary>
/// <param name="Source">The client.</param>
/// <param name="Destination">The address that the client connected to.</param>
internal sealed record ProxyHeader(IPEndPoint Source, IPEndPoint Destination);

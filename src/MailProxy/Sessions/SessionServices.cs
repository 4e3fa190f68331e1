using MailProxy.Authentication;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams.Routing;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Sessions;

/// <summary>The parts of the program that sessions call.</summary>
/// <param name="Authenticator">Asks who may log in, and where to.</param>
/// <param name="Connections">Connects to upstreams.</param>
/// <param name="UpstreamTls">Makes those connections TLS ones.</param>
/// <param name="Upstreams">Finds the servers of groups and host names.</param>
/// <param name="ClientHosts">Names SMTP clients by reverse DNS.</param>
/// <param name="Time">The clock of all timers.</param>
internal sealed record SessionServices(IAuthenticator Authenticator, IConnectionFactory Connections, UpstreamTls UpstreamTls, UpstreamRouter Upstreams, IClientHostResolver ClientHosts, TimeProvider Time);

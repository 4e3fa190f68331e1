using MailProxy.Connections;
using MailProxy.Routing;
using MailProxy.Sessions;
using MailProxy.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailProxy.Hosting;

/// <summary>Gives Kestrel the mail side.</summary>
public static class MailProxyKestrelExtensions
{
    /// <summary>
    /// Adds the connection pipeline of the mail protocols, and the HTTP side's addresses (<c>Urls</c>,
    /// <c>HTTP_PORTS</c>, by default port 8080), which Kestrel ignores once an address is set in code.
    /// </summary>
    public static KestrelServerOptions UseMailProxy(this KestrelServerOptions kestrel)
    {
        var services = kestrel.ApplicationServices;
        // One endpoint for all sockets: Kestrel cannot change its endpoints while it runs, the set behind this one can.
        kestrel.Listen(new ListenerSetEndPoint(), listen =>
        {
            listen.Protocols = HttpProtocols.None;
            listen.Use(next => new ConnectionScopeMiddleware(next, services.GetRequiredService<IConnectionAdmission>()).OnConnectionAsync);
            listen.Use(next => new ProxyProtocolMiddleware(next, services.GetRequiredService<TimeProvider>()).OnConnectionAsync);
            listen.Use(next => new ImplicitTlsMiddleware(next, services.GetRequiredService<TimeProvider>()).OnConnectionAsync);
            listen.Run(services.GetRequiredService<MailConnectionHandler>().OnConnectedAsync);
        });
        AuthEndpoint.TakeBytes(kestrel);
        HttpAddresses.Listen(kestrel, services.GetRequiredService<IConfiguration>());
        return kestrel;
    }
}

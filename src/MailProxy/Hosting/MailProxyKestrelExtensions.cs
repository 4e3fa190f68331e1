using MailProxy.Connections;
using MailProxy.Sessions;
using MailProxy.Transport;
using MailProxy.UserDirectory.Endpoint;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailProxy.Hosting;

/// <summary>Gives Kestrel the mail side.</summary>
internal static class MailProxyKestrelExtensions
{
    /// <summary>
    /// Adds the connection pipeline of the mail protocols, and the HTTP side's addresses (<c>Urls</c>,
    /// <c>HTTP_PORTS</c>, by default 127.0.0.1:9143), which Kestrel ignores once an address is set in code. One that cannot be
    /// had is an error in the log, and no reason not to serve mail.
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
        HttpAddresses.Listen(kestrel, services.GetRequiredService<IConfiguration>(), Http(services));
        return kestrel;
    }

    /// <summary>
    /// Gives the HTTP side the limits of something that machines ask: 8 KiB for a request line, 64 KiB for all headers within
    /// 10 s, 64 KiB of body, 75 s between requests.
    /// </summary>
    public static KestrelServerOptions LimitHttp(this KestrelServerOptions kestrel)
    {
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;       // a SASL response of /auth alone may have 36 KiB
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MaxRequestBodySize = 64 * 1024;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
        return kestrel;
    }

    private static HttpListeners Http(IServiceProvider services)
    {
        var (http, runtime) = (services.GetRequiredService<HttpListeners>(), services.GetRequiredService<MailProxyRuntime>());
        http.BindFailed += exception => HostingLog.HttpFailed(runtime.Log, exception.Message);
        http.Recovered += address => HostingLog.HttpRecovered(runtime.Log, address);
        http.AcceptFailed += exception => HostingLog.AcceptFailed(runtime.Log, exception.Message);
        return http;
    }
}

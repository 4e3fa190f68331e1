using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Hosting;

/// <summary>
/// The addresses of the HTTP side: ASP.NET's own <c>Urls</c>, else <c>HTTP_PORTS</c>, else port 8080. Kestrel leaves
/// both alone once an address is set in code, and the mail side is.
/// </summary>
internal static class HttpAddresses
{
    private const string DefaultPort = "8080";

    public static void Listen(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        foreach (var address in Read(configuration)) Listen(kestrel, address);
    }

    public static IEnumerable<BindingAddress> Read(IConfiguration configuration)
    {
        if (configuration["urls"] is { Length: > 0 } urls) return Split(urls).Select(BindingAddress.Parse);
        var ports = configuration["http_ports"] is { Length: > 0 } configured ? configured : DefaultPort;
        return Split(ports).Select(port => BindingAddress.Parse($"http://*:{port}"));
    }

    private static void Listen(KestrelServerOptions kestrel, BindingAddress address)
    {
        Action<ListenOptions> configure = address.Scheme == "https" ? static listen => listen.UseHttps() : static _ => { };
        if (address.IsUnixPipe) kestrel.ListenUnixSocket(address.UnixPipePath, configure);
        else if (address.Host == "localhost") kestrel.ListenLocalhost(address.Port, configure);
        else if (IPAddress.TryParse(address.Host, out var ip)) kestrel.Listen(ip, address.Port, configure);
        else kestrel.ListenAnyIP(address.Port, configure);
    }

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

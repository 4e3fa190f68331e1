using System.Net;
using System.Net.Sockets;
using MailProxy.Transport;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Hosting;

/// <summary>
/// The addresses of the HTTP side: ASP.NET's own <c>Urls</c>, else <c>HTTP_PORTS</c>, else <see cref="Default"/>. Kestrel leaves
/// both alone once an address is set in code, and the mail side is.
/// </summary>
internal static class HttpAddresses
{
    /// <summary>Neither open to others nor where auth servers are: those like port 8080.</summary>
    public const string Default = "http://127.0.0.1:9143";

    private const string Localhost = "localhost";

    public static void Listen(KestrelServerOptions kestrel, IConfiguration configuration, HttpListeners listeners)
    {
        foreach (var address in Read(configuration))
        {
            foreach (var endPoint in EndPoints(address))
            {
                // Of "localhost" one of both will do, if there is but one.
                listeners.Add(endPoint, isOptional: address.Host == Localhost && endPoint.AddressFamily == AddressFamily.InterNetworkV6);
                kestrel.Listen(endPoint, listen =>
                {
                    listen.Use(next => connection => ServeAsync(next, connection));
                    if (address.Scheme != "https") return;
                    listen.UseHttps();
                    // Without a certificate it fails now, and not when everything else has begun.
                    _ = listen.Build();
                });
            }
        }
    }

    /// <exception cref="FormatException">One is no URL.</exception>
    public static IReadOnlyList<BindingAddress> Read(IConfiguration configuration)
    {
        var urls = configuration["urls"] is { Length: > 0 } configured ? Split(configured)
            : configuration["http_ports"] is { Length: > 0 } ports ? Split(ports).Select(port => $"http://*:{port}")
            : [Default];
        return [.. urls.Select(Parse)];
    }

    /// <summary>What an address stands for.</summary>
    public static IReadOnlyList<EndPoint> EndPoints(BindingAddress address)
    {
        if (address.IsUnixPipe) return [new UnixDomainSocketEndPoint(address.UnixPipePath)];
        if (address.Host == Localhost) return [new IPEndPoint(IPAddress.Loopback, address.Port), new IPEndPoint(IPAddress.IPv6Loopback, address.Port)];
        return [new IPEndPoint(IPAddress.TryParse(address.Host, out var ip) ? ip : IPAddress.IPv6Any, address.Port)];
    }

    private static BindingAddress Parse(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            if (address.Scheme is "http" or "https" && (address.IsUnixPipe || IsHost(address))) return address;
        }
        catch (FormatException)
        {
            // Said below, with all that there is to say.
        }

        throw new FormatException($"invalid address \"{url}\" of the HTTP side (ASPNETCORE_URLS, ASPNETCORE_HTTP_PORTS, or Urls in appsettings.json)");
    }

    // What is no port is taken for a part of the host.
    private static bool IsHost(BindingAddress address) =>
        address.Port is >= 0 and <= IPEndPoint.MaxPort && (IPAddress.TryParse(address.Host, out _) || !address.Host.Contains(':'));

    private static async Task ServeAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Features.Get<LimitedConnection>()?.Remove();
        }
    }

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

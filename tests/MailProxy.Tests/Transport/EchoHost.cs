using System.Net;
using System.Net.Sockets;
using MailProxy.Transport;
using MailProxy.Transport.Features;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailProxy.Tests.Transport;

/// <summary>A real Kestrel: behind a set of listeners it names the socket and echoes; beside it, it speaks HTTP on a socket of its own.</summary>
internal sealed class EchoHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    public EchoHost(TimeProvider? time = null)
    {
        Listeners = new ListenerSet(time ?? TimeProvider.System, NullLoggerFactory.Instance);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(Listeners);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(new ListenerSetEndPoint(), listen =>
            {
                listen.Protocols = HttpProtocols.None;
                listen.Run(EchoAsync);
            });
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        _app = builder.Build();
        _app.MapGet("/", () => "http");
    }

    public ListenerSet Listeners { get; }

    /// <summary>Where the HTTP side listens.</summary>
    public string HttpUrl => _app.Urls.First(url => url.StartsWith("http://127", StringComparison.Ordinal));

    public static async Task<EchoHost> StartAsync(params ListenSocket[] sockets)
    {
        var host = new EchoHost();
        await host.Listeners.ApplyAsync(sockets).WaitAsync(RelayedSockets.Deadline);
        await host.StartAsync();
        return host;
    }

    public Task StartAsync() => _app.StartAsync().WaitAsync(RelayedSockets.Deadline);

    public Task StopAsync() => _app.StopAsync().WaitAsync(RelayedSockets.Deadline);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Listeners.Dispose();
    }

    /// <summary>A session by one of the sockets: connects and reads which socket it was.</summary>
    public async Task<Socket> OpenAsync(int index)
    {
        var endPoint = Listeners.LocalEndPoints[index];
        var client = await ConnectAsync(endPoint);
        await client.ExpectAsync(Name(endPoint) + "\n");
        return client;
    }

    public static async Task<Socket> ConnectAsync(EndPoint endPoint)
    {
        var client = new Socket(endPoint.AddressFamily, SocketType.Stream, endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        await client.ConnectAsync(endPoint).WaitAsync(RelayedSockets.Deadline);
        return client;
    }

    public static async Task EchoesAsync(Socket client)
    {
        await client.SayAsync("ping");
        await client.ExpectAsync("ping");
    }

    private static string Name(EndPoint endPoint) => endPoint is IPEndPoint ip ? $"{ip.Address}:0" : endPoint.ToString()!;

    private static async Task EchoAsync(ConnectionContext connection)
    {
        var socket = connection.Features.Get<IListenSocketFeature>()!.Socket;
        await connection.Transport.Output.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Name(socket.EndPoint) + "\n"));
        using var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()!.ConnectionClosedRequested.Register(connection.Transport.Input.CancelPendingRead);
        try
        {
            await connection.Transport.Input.CopyToAsync(connection.Transport.Output);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client has gone, or the server is being stopped.
        }
    }
}

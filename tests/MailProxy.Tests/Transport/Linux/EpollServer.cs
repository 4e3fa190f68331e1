using System.Net;
using System.Net.Sockets;
using MailProxy.Transport;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>Kestrel on the epoll transport, with one handler for every connection.</summary>
internal sealed class EpollServer : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;
    private readonly List<TimeSpan> _away = [];

    private EpollServer(int loops, ConnectionDelegate handler, Action<ListenOptions>? middleware)
    {
        Transport = new EpollTransport(loops, TimeProvider.System, new LoopWatchdog(TimeSpan.FromMilliseconds(50), away =>
        {
            lock (_away) _away.Add(away);
        }));
        Listeners = new ListenerSet(TimeProvider.System, NullLoggerFactory.Instance);
        Listeners.AcceptOn(Transport);
        var options = new KestrelServerOptions { ApplicationServices = middleware is null ? new ServiceCollection().AddLogging().BuildServiceProvider() : ServicesOfAHost() };
        options.Listen(new ListenerSetEndPoint(), listen =>
        {
            listen.Protocols = HttpProtocols.None;
            listen.Use(next => async connection =>
            {
                if (await connection.Features.GetRequiredFeature<IConnectionEntryFeature>().EnterAsync()) await next(connection);
            });
            middleware?.Invoke(listen);
            listen.Use(_ => handler);
        });
        _kestrel = new KestrelServer(Options.Create(options), Listeners, NullLoggerFactory.Instance);
    }

    public EpollTransport Transport { get; }

    public ListenerSet Listeners { get; }

    /// <summary>How long loops were away from their events, of those times that were longer than 50 ms.</summary>
    public IReadOnlyList<TimeSpan> Away
    {
        get
        {
            lock (_away) return [.. _away];
        }
    }

    public IPEndPoint Address => (IPEndPoint)Listeners.LocalEndPoints[0];

    public static Task<EpollServer> StartAsync(ConnectionDelegate handler, int loops = 1, params ListenSocket[] sockets) => StartAsync(handler, null, loops, sockets);

    /// <param name="handler">Serves every connection.</param>
    /// <param name="middleware">Adds what comes before it.</param>
    /// <param name="loops">How many.</param>
    /// <param name="sockets">Where it listens; a port of the system's choice where none are given.</param>
    public static async Task<EpollServer> StartAsync(ConnectionDelegate handler, Action<ListenOptions>? middleware, int loops = 1, params ListenSocket[] sockets)
    {
        var server = new EpollServer(loops, handler, middleware);
        if (sockets.Length == 0) sockets = [new ListenSocket { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }];
        await server.Listeners.ApplyAsync(sockets);
        await server._kestrel.StartAsync(new NoApplication(), CancellationToken.None);
        return server;
    }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Address);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _kestrel.StopAsync(deadline.Token);
        _kestrel.Dispose();
        Listeners.Dispose();
        Transport.Dispose();
    }

    /// <summary>With what Kestrel's own middleware asks for.</summary>
    private static IServiceProvider ServicesOfAHost()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        return builder.Build().Services;
    }

    private sealed class NoApplication : IHttpApplication<object>
    {
        public object CreateContext(IFeatureCollection contextFeatures) => new();

        public Task ProcessRequestAsync(object context) => Task.CompletedTask;

        public void DisposeContext(object context, Exception? exception)
        {
        }
    }
}

using System.Net;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Listening;
using MailProxy.Loading;
using MailProxy.Observing;
using MailProxy.Observing.Metrics;
using MailProxy.Resolving;
using MailProxy.Sessions;
using MailProxy.Testing;
using MailProxy.Tests.Configuration;
using MailProxy.Tests.Tls;
using MailProxy.Tests.Upstreams;
using MailProxy.Tls;
using MailProxy.Transport.Features;
using MailProxy.Transport.Managed;
using MailProxy.Transport.Tls;
using MailProxy.Upstreams.Routing;
using MailProxy.UserDirectory.Logins;
using MailProxy.UserDirectory.Stores;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace MailProxy.Tests.Sessions;

/// <summary>
/// A session over memory, played by a transcript: once with whole lines and once byte by byte. After each, no log line may
/// hold a password. What the session left behind (log, metrics, requests) is that of the last play.
/// </summary>
internal sealed class SessionTranscript
{
    public required string Protocol { get; init; }

    public Action<ServerOptions> Configure { get; init; } = _ => { };

    public AuthResult[] Answers { get; init; } = [FixedAuthenticator.Accept()];

    /// <summary>Asks an auth server over HTTP in place of giving <see cref="Answers"/>.</summary>
    public bool AuthHttp { get; init; }

    public EndPoint Client { get; init; } = new IPEndPoint(IPAddress.Loopback, 51438);

    public EndPoint Local { get; init; } = new IPEndPoint(IPAddress.Loopback, 31025);

    public IClientHostResolver ClientHosts { get; init; } = new FixedClientHost("[UNAVAILABLE]");

    public UpstreamTls UpstreamTls { get; } = new();

    /// <summary>TLS towards the upstream, as far as a session sees of it.</summary>
    public FakeUpstreamTls UpstreamEngine { get; init; } = new();

    public Exception? ConnectFailure { get; init; }

    /// <summary>What connecting to one address throws; null connects.</summary>
    public Func<EndPoint, Exception?> FailureOf { get; init; } = static _ => null;

    /// <summary>The groups that <c>proxy_pass</c> and answers may name.</summary>
    public UpstreamGroupOptions[] Groups { get; init; } = [];

    /// <summary>What a TLS handshake comes to.</summary>
    public FakeTlsSession Tls { get; init; } = new();

    /// <summary>Whether the client comes in by a <c>listen … ssl</c>.</summary>
    public bool IsImplicitTls { get; init; }

    /// <summary>What is left of <c>worker_connections</c> once the client is counted.</summary>
    public int WorkerConnections { get; init; } = 2;

    /// <summary>How the lines are cut; for transcripts in which it matters.</summary>
    public Chunks[] Cuts { get; init; } = [Chunks.Whole, Chunks.PerByte];

    /// <summary>Called between two halves of a transcript: lines of the first are played before it.</summary>
    public Action<SessionTranscript>? Between { get; init; }

    public Drain Drain { get; private set; } = new();

    public LogLines Log { get; private set; } = new(new SessionLogContext());

    public CollectorRegistry Registry { get; private set; } = Metrics.NewCustomRegistry();

    public FixedAuthenticator Authenticator { get; private set; } = new();

    /// <returns>Why the session ended.</returns>
    public async Task<SessionEndReason> PlayAsync(string script, string afterwards = "")
    {
        var ends = new List<SessionEndReason>();
        foreach (var chunks in Cuts) ends.Add(await PlayOnceAsync(script, afterwards, chunks));
        return Assert.Single(ends.Distinct());
    }

    /// <summary>A session over another connection, which nobody plays.</summary>
    public MailSession Open(ConnectionContext connection, TimeProvider time) =>
        Open(connection, Scope(), new SessionServices(Authenticator, new MemoryUpstreams(), UpstreamTls, Router(new MemoryUpstreams(), time), ClientHosts, time));

    /// <summary>The commands before login of a session that nobody plays.</summary>
    public ProtocolSession CreateProtocolSession() =>
        ProtocolOf().CreateSession(new SessionContext(Scope(), new SessionServices(Authenticator, new MemoryUpstreams(), UpstreamTls, Router(new MemoryUpstreams(), TimeProvider.System), ClientHosts, TimeProvider.System), ProtocolOf()));

    private MailSession Open(ConnectionContext connection, ConnectionScope scope, SessionServices services) =>
        new(connection, new SessionContext(scope, services, ProtocolOf()));

    private SessionProtocol ProtocolOf() => (SessionProtocol)BuiltInProtocols.Create().Single(protocol => protocol.Name == Protocol);

    private async Task<SessionEndReason> PlayOnceAsync(string script, string afterwards, Chunks chunks)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1795454783));
        var upstreams = new MemoryUpstreams { Failure = ConnectFailure, FailureOf = FailureOf, Connected = connection => connection.Features.Set<ITlsFeature>(UpstreamEngine) };
        Authenticator = new FixedAuthenticator(Answers);
        Registry = Metrics.NewCustomRegistry();
        Drain = new Drain();
        var client = new MemoryConnection();
        client.Proxy.Features.Set<IRelayFeature>(new ManagedRelay(client.Proxy, time));
        var scope = Scope();
        UpstreamTls.Load([scope.Server.ProxyTls], UpstreamEngine);
        var router = Router(upstreams, time);
        router.PutInForce(router.Prepare(new MailProxyOptions { Servers = [scope.Server], Upstreams = Groups }), scope.Log);
        var authServers = new MemoryUpstreams();
        var services = new SessionServices(scope.Server.AuthHttp.Url.Count == 0 ? AuthenticatorsWithoutUsers(authServers, time) : AuthHttp ? new AuthHttpClient(authServers, time) : Authenticator, upstreams, UpstreamTls, router, ClientHosts, time);
        client.Proxy.Features.Set(scope);
        client.Proxy.Features.Set<ITlsFeature>(new FakeTlsFeature(client.Proxy, Tls));
        var session = Open(client.Proxy, scope, services);
        var running = RunAsync(session, client, scope, time);

        var peers = new TranscriptPeers(client.Peer, upstreams, Authenticator, time, Log) { AuthServers = authServers };
        await Transcript.PlayAsync(script, peers, chunks);
        Between?.Invoke(this);
        await Transcript.PlayAsync(afterwards, peers, chunks);
        await client.Peer.Output.CompleteAsync();
        time.Advance(TimeSpan.FromMinutes(2));          // a relay waits for the upstream, which has no more to say
        var end = await running.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        await client.Peer.Input.CompleteAsync();        // only now: a session that is still sending a reply would take it for a client that is gone
        Assert.Equal(0, upstreams.Open + authServers.Open);
        Assert.All(Enumerable.Range(0, WorkerConnections), _ => Assert.True(scope.WorkerConnections.TryTake()));
        Secrets.AssertNoneIn(Log.Lines, Authenticator.Requests, Answers);
        return end;
    }

    private UpstreamRouter Router(IConnectionFactory connections, TimeProvider time) => TestRouter.Create(connections, UpstreamTls, Registry, time);

    private static async Task<SessionEndReason> RunAsync(MailSession session, MemoryConnection client, ConnectionScope scope, TimeProvider time)
    {
        await new ImplicitTlsMiddleware(async _ => scope.EndReason = await session.RunAsync(), time).OnConnectionAsync(client.Proxy);
        await client.Proxy.DisposeAsync();
        return scope.EndReason;
    }

    /// <summary>What a session has of its connection, of its own.</summary>
    public ConnectionScope Scope()
    {
        var server = new ServerOptions { Protocol = Protocol, ServerName = "mx.test", Source = "test:1" };
        server.AuthHttp.Url = Values.Urls("127.0.0.1:31999/a");
        Configure(server);
        var logContext = new SessionLogContext { ConnectionNumber = 2, Client = "127.0.0.1", Listener = "127.0.0.1:31025" };
        Log = new LogLines(logContext);
        return new ConnectionScope
        {
            Server = server,
            Listen = new MailListenOptions { Address = Values.EndPoint("127.0.0.1:31025"), Ssl = IsImplicitTls },
            Certificates = FakeTlsEngine.Certificates,
            Client = Client,
            Local = Local,
            LogContext = logContext,
            Log = Log,
            Metrics = new SessionMetrics(Metrics.WithCustomRegistry(Registry), Protocol),
            TrustedPeers = new TrustedPeers([]),
            WorkerConnections = new WorkerConnections(1, WorkerConnections),
            Owner = this,
            Drain = Drain,
        };
    }

    private static Authenticators AuthenticatorsWithoutUsers(IConnectionFactory authServers, TimeProvider time)
    {
        var factory = Metrics.WithCustomRegistry(Metrics.NewCustomRegistry());
        var users = new InternalAuthenticator(new LoginDecider(new LoginDirectory(new PassdbServices(factory, time))));
        return new Authenticators(new AuthHttpClient(authServers, time), users, new AuthMetrics(factory), time);
    }
}

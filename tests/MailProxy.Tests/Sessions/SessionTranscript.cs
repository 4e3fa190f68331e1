using System.Net;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Diagnostics;
using MailProxy.Protocols.Imap;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;
using MailProxy.Sessions;
using MailProxy.Testing;
using MailProxy.Transport;
using MailProxy.Transport.Managed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace MailProxy.Tests.Sessions;

/// <summary>One session over memory, played by a transcript.</summary>
internal sealed class SessionTranscript
{
    public required string Protocol { get; init; }

    public Action<ServerOptions> Configure { get; init; } = _ => { };

    public AuthResult[] Answers { get; init; } = [FixedAuthenticator.Accept()];

    public EndPoint Client { get; init; } = new IPEndPoint(IPAddress.Loopback, 51438);

    public EndPoint Local { get; init; } = new IPEndPoint(IPAddress.Loopback, 31025);

    public string ClientHost { get; init; } = "[UNAVAILABLE]";

    public Exception? ConnectFailure { get; init; }

    /// <summary>What is left of <c>worker_connections</c> once the client is counted.</summary>
    public int WorkerConnections { get; init; } = 2;

    public Drain Drain { get; } = new();

    public LogLines Log { get; } = new();

    public SessionLogContext LogContext { get; } = new() { ConnectionNumber = 2, Client = "127.0.0.1", Listener = "127.0.0.1:31025" };

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    public FixedAuthenticator Authenticator { get; private set; } = new();

    /// <summary>Called between two halves of a transcript: lines of the first are played before it.</summary>
    public Action? Between { get; init; }

    public Task<SessionEndReason> PlayAsync(string script, Chunks chunks = Chunks.Whole) => PlayAsync(script, "", chunks);

    /// <returns>Why the session ended.</returns>
    public async Task<SessionEndReason> PlayAsync(string script, string afterwards, Chunks chunks = Chunks.Whole)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1795454783));
        var upstreams = new MemoryUpstreams { Failure = ConnectFailure };
        Authenticator = new FixedAuthenticator(Answers);
        var client = new MemoryConnection();
        client.Proxy.Features.Set<IRelayFeature>(new ManagedRelay(client.Proxy, time));
        var scope = Scope();
        var services = new SessionServices(Authenticator, upstreams, new FixedClientHost(ClientHost), time);
        IMailProtocol protocol = Protocol switch { "imap" => new ImapProtocol(), "pop3" => new Pop3Protocol(), _ => new SmtpProtocol() };
        using var session = new MailSession(client.Proxy, new SessionContext(scope, services), protocol);
        var running = RunAsync(session, client);

        var peers = new TranscriptPeers(client.Peer, upstreams, Authenticator, time);
        await Transcript.PlayAsync(script, peers, chunks);
        Between?.Invoke();
        await Transcript.PlayAsync(afterwards, peers, chunks);
        await client.Peer.Output.CompleteAsync();
        await client.Peer.Input.CompleteAsync();
        time.Advance(TimeSpan.FromMinutes(2));          // a relay waits for the upstream, which has no more to say
        return await running.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    private static async Task<SessionEndReason> RunAsync(MailSession session, MemoryConnection client)
    {
        var reason = await session.RunAsync();
        await client.Proxy.Transport.Output.CompleteAsync();
        await client.Proxy.Transport.Input.CompleteAsync();
        return reason;
    }

    private ConnectionScope Scope()
    {
        var server = new ServerOptions { Protocol = Protocol, ServerName = "mx.test", Source = "test:1" };
        Configure(server);
        return new ConnectionScope
        {
            Server = server,
            Listen = new MailListenOptions { Address = "127.0.0.1:31025" },
            Client = Client,
            Local = Local,
            LogContext = LogContext,
            Log = Log,
            Metrics = new SessionMetrics(Metrics.WithCustomRegistry(Registry), Protocol),
            TrustedPeers = new TrustedPeers([]),
            WorkerConnections = new WorkerConnections(WorkerConnections, WorkerConnections),
            Owner = this,
            Drain = Drain,
        };
    }

    private sealed class FixedClientHost(string name) : IClientHostResolver
    {
        public ValueTask<string> ResolveAsync(ResolverOptions options, EndPoint client, SessionLogContext logContext, ILogger log, CancellationToken cancellationToken) =>
            ValueTask.FromResult(name);
    }
}

/// <summary>The session's log, as lines.</summary>
internal sealed class LogLines : ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines) return [.. _lines];
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines) _lines.Add($"{logLevel}: {formatter(state, exception)}{exception}");
    }
}

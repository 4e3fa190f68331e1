using System.Collections.Concurrent;
using System.Net;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>The auth_http server of a test: keeps the exact bytes of each request and answers what the test says.</summary>
internal sealed class AuthHttpServer : IAsyncDisposable
{
    private readonly PeerServer _server;

    private AuthHttpServer(Func<AuthRequest, Peer, Task> script, EndPoint? endPoint) => _server = new PeerServer(
        async peer =>
        {
            var request = await ReadRequestAsync(peer);
            Requests.Enqueue(request);
            await script(request, peer);
        },
        endPoint);

    public ConcurrentQueue<AuthRequest> Requests { get; } = new();

    public string Url => $"http://127.0.0.1:{_server.Port}/auth";

    /// <summary>Sends everybody to this port.</summary>
    public static AuthHttpServer SendingTo(int port, string address = "127.0.0.1") => Answering(_ => Accept(port, address));

    public static AuthHttpServer Answering(Func<AuthRequest, string> answer, EndPoint? endPoint = null) =>
        new((request, peer) => peer.SendAsync(answer(request)), endPoint);

    public static AuthHttpServer Running(Func<AuthRequest, Peer, Task> script) => new(script, null);

    /// <summary>An answer that lets the user in.</summary>
    public static string Accept(int port, string address = "127.0.0.1", params string[] more) =>
        Answer(["Auth-Status: OK", $"Auth-Server: {address}", $"Auth-Port: {port}", .. more]);

    public static string Answer(params string[] headers) => $"HTTP/1.0 200 OK\r\n{string.Join("\r\n", headers)}\r\n\r\n";

    public static async Task<AuthRequest> ReadRequestAsync(Peer peer)
    {
        var text = new StringBuilder();
        string line;
        do text.Append(line = await peer.ReadLineAsync()); while (line is not "\r\n" and not "");
        return new AuthRequest(text.ToString());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

/// <summary>One request as it was sent.</summary>
internal sealed record AuthRequest(string Text)
{
    /// <summary>The value of a header, null without it.</summary>
    public string? this[string name] => Text.Split("\r\n").Skip(1)
        .Where(line => line.StartsWith(name + ": ", StringComparison.Ordinal))
        .Select(line => line[(name.Length + 2)..])
        .FirstOrDefault();
}

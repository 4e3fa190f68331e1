using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using MailProxy.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Testing;

/// <summary>Who takes part in a transcript besides the proxy.</summary>
/// <param name="client">The client's end of its connection.</param>
/// <param name="upstreams">The upstream's ends, in the order of connecting.</param>
/// <param name="authenticator">Who was asked.</param>
/// <param name="time">The clock.</param>
/// <param name="log">What was logged so far.</param>
internal sealed class TranscriptPeers(IDuplexPipe client, MemoryUpstreams upstreams, FixedAuthenticator authenticator, FakeTimeProvider time, IEnumerable<string> log)
{
    private TranscriptPeer? _upstream;
    private TranscriptPeer? _second;
    private (MemoryConnection Connection, TranscriptPeer Peer)? _authServer;

    /// <summary>The auth server's ends; null where the authenticator asks none.</summary>
    public MemoryUpstreams? AuthServers { get; init; }

    public TranscriptPeer Client { get; } = new(client);

    public async Task<TranscriptPeer> Upstream(CancellationToken cancellationToken) =>
        _upstream ??= new TranscriptPeer((await upstreams.AcceptAsync(cancellationToken)).Peer);

    /// <summary>The upstream that was tried after the first.</summary>
    public async Task<TranscriptPeer> SecondUpstream(CancellationToken cancellationToken) =>
        _second ??= new TranscriptPeer((await upstreams.AcceptAsync(cancellationToken)).Peer);

    /// <summary>The auth server's end, a new one for each request.</summary>
    public async Task<TranscriptPeer> AuthServer(CancellationToken cancellationToken)
    {
        if (_authServer is not { Connection.IsClosed: false })
        {
            var connection = await AuthServers!.AcceptAsync(cancellationToken);
            _authServer = (connection, new TranscriptPeer(connection.Peer));
        }

        return _authServer.Value.Peer;
    }

    public void Pass(TimeSpan span) => time.Advance(span);

    public void ExpectLogged(string expected)
    {
        if (!log.Any(line => Transcript.Matches(expected, line))) throw new TranscriptException($"\"{expected}\" is not in the log:\n{string.Join('\n', log)}");
    }

    public void ExpectLogin(string expected)
    {
        var credentials = authenticator.Requests[^1].Credentials;
        var actual = $"{Credentials.NameOf(credentials.Method)} {Transcript.Latin1(credentials.Login)} {Transcript.Latin1(credentials.Secret)}";
        if (!Transcript.Matches(expected, actual)) throw new TranscriptException($"login was \"{Transcript.Printable(actual)}\", not \"{Transcript.Printable(expected)}\"");
    }
}

/// <summary>One peer's end: sends, and compares what arrives.</summary>
internal sealed class TranscriptPeer(IDuplexPipe pipe)
{
    public async Task SendAsync(byte[] bytes, Chunks chunks)
    {
        if (chunks == Chunks.Whole)
        {
            await pipe.Output.WriteAsync(bytes);
            return;
        }

        for (var i = 0; i < bytes.Length; i++) await pipe.Output.WriteAsync(bytes.AsMemory(i, 1));
    }

    public async Task CloseAsync() => await pipe.Output.CompleteAsync();

    /// <summary>Neither sends nor reads any more.</summary>
    public async Task LeaveAsync()
    {
        await pipe.Input.CompleteAsync();
        await pipe.Output.CompleteAsync();
    }

    public async Task ResetAsync()
    {
        var reset = new SocketException((int)SocketError.ConnectionReset);
        await pipe.Output.CompleteAsync(new ConnectionResetException(reset.Message, reset));
    }

    /// <summary>Reads up to the expectation's own end: a whole line, or as many bytes as it has where it ends in none.</summary>
    public async Task ExpectAsync(string expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await pipe.Input.ReadAsync(cancellationToken);
            var end = expected.EndsWith('\n') ? result.Buffer.PositionOf((byte)'\n') : null;
            if (end is { } lineEnd) end = result.Buffer.GetPosition(1, lineEnd);
            else if (!expected.EndsWith('\n') && result.Buffer.Length >= expected.Length) end = result.Buffer.GetPosition(expected.Length);
            if (end is not { } position)
            {
                var rest = Transcript.Latin1(result.Buffer.ToArray());
                pipe.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                if (result.IsCompleted) throw new TranscriptException($"the stream ended after \"{Transcript.Printable(rest)}\", expected \"{Transcript.Printable(expected)}\"");
                continue;
            }

            var actual = Transcript.Latin1(result.Buffer.Slice(0, position).ToArray());
            pipe.Input.AdvanceTo(position);
            if (Transcript.Matches(expected, actual)) return;
            throw new TranscriptException($"got \"{Transcript.Printable(actual)}\", expected \"{Transcript.Printable(expected)}\"");
        }
    }

    public async Task ExpectCloseAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await pipe.Input.ReadAsync(cancellationToken);
            var rest = Transcript.Latin1(result.Buffer.ToArray());
            pipe.Input.AdvanceTo(result.Buffer.End);
            if (rest.Length > 0) throw new TranscriptException($"got \"{Transcript.Printable(rest)}\", expected the end of the stream");
            if (result.IsCompleted) return;
        }
    }

    public void ExpectNothing()
    {
        if (!pipe.Input.TryRead(out var result)) return;
        var rest = Transcript.Latin1(result.Buffer.ToArray());
        pipe.Input.AdvanceTo(result.Buffer.Start);
        throw new TranscriptException(result.IsCompleted ? "the stream has ended" : $"got \"{Transcript.Printable(rest)}\", expected nothing");
    }
}

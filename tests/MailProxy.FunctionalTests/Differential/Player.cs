using System.Net;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.Testing;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>Plays one scenario on its stage and records what the proxy sent to each side.</summary>
/// <param name="scenario">The scenario.</param>
/// <param name="stage">What stands around the proxy.</param>
/// <param name="patience">How long each wait may be.</param>
/// <param name="cuts">How the upstream's replies come.</param>
/// <param name="isNginx">Whether nginx plays, which says "internal server error" without a tag or a code.</param>
internal sealed class Player(Scenario scenario, Stage stage, TimeSpan patience, UpstreamCuts cuts, bool isNginx)
{
    private readonly List<Peer> _auths = [];
    private readonly StringBuilder _answer = new();
    private readonly List<string> _mismatches = [];
    private readonly HashSet<Step> _sent = [];
    private readonly List<Peer> _upstreams = [];
    private Peer _client = null!;
    private int? _port;
    private string? _request;

    public async Task<Recording> PlayAsync()
    {
        using var client = _client = await stage.ConnectAsync();
        client.Limit = patience;
        _port = (client.Socket.LocalEndPoint as IPEndPoint)?.Port;
        try
        {
            for (var index = 0; index < scenario.Steps.Count; index++)
            {
                var step = scenario.Steps[index];
                if (step.Actor != Actor.AuthReceives) _request = null;
                if (_sent.Contains(step)) continue;
                var last = index + 1 == scenario.Steps.Count || scenario.Steps[index + 1].Actor != step.Actor;
                await PlayAsync(step, last);
            }
        }
        catch (TimeoutException exception)
        {
            // What follows makes no sense any more; what was said up to here is compared.
            _mismatches.Add(exception.Message);
        }

        return await EndAsync();
    }

    private async Task PlayAsync(Step step, bool last)
    {
        switch (step.Actor)
        {
            case Actor.ClientSends:
                await SendAsync(_client, step.Text);
                break;
            case Actor.ClientReceives:
                await ReceiveAsync(_client, step);
                break;
            case Actor.AuthReceives:
                _request ??= await NextRequestAsync();
                if (step.Text != "<any>") Check(step, Line(step.Text)[..^2], _request.Split("\r\n"));
                break;
            case Actor.AuthSends:
                await AnswerAsync(step.Text, last);
                break;
            case Actor.UpstreamSends:
                await ReplyAsync(await UpstreamAsync(), step);
                break;
            case Actor.UpstreamReceives when step.Text == "<connect>":
                _upstreams.Add(await stage.Upstream.AcceptAsync(patience));
                break;
            case Actor.UpstreamReceives:
                await ReceiveAsync(await UpstreamAsync(), step);
                break;
        }
    }

    private async Task<Peer> UpstreamAsync()
    {
        if (_upstreams.Count == 0) _upstreams.Add(await stage.Upstream.AcceptAsync(patience));
        _upstreams[^1].Limit = patience;
        return _upstreams[^1];
    }

    private async Task ReplyAsync(Peer upstream, Step step)
    {
        if (cuts == UpstreamCuts.AsWritten || IsEvent(step))
        {
            await SendAsync(upstream, step.Text);
        }
        else if (cuts == UpstreamCuts.OneSegment)
        {
            // Up to where the client is heard of again, whatever the proxy says meanwhile.
            var flight = scenario.Steps.SkipWhile(other => other != step)
                .TakeWhile(other => other.Actor is Actor.UpstreamSends or Actor.UpstreamReceives && !IsEvent(other))
                .Where(other => other.Actor == Actor.UpstreamSends).ToList();
            _sent.UnionWith(flight);
            await upstream.SendAsync(string.Concat(flight.Select(other => Line(other.Text))));
        }
        else
        {
            foreach (var one in Line(step.Text))
            {
                await upstream.SendAsync(one.ToString());
                await Patience.UntilAsync(() => !SocketTable.HasUnread(upstream.Socket.RemoteEndPoint!, upstream.Socket.LocalEndPoint!), () => "the proxy to read a byte");
            }
        }
    }

    private static bool IsEvent(Step step) => step.Text is ['<', ..];

    private async Task<string> NextRequestAsync()
    {
        var auth = await stage.Auth.AcceptAsync(patience);
        auth.Limit = patience;
        _auths.Add(auth);
        return (await Servers.AuthHttpServer.ReadRequestAsync(auth)).Text;
    }

    private async Task AnswerAsync(string text, bool last)
    {
        var auth = _auths[^1];
        if (text is "<close>" or "<reset>" or "<hold>")
        {
            // Whatever was said is all there is: no blank line follows.
            await auth.SendAsync(_answer.ToString());
            _answer.Clear();
            if (text == "<close>") auth.ShutdownSend();
            if (text == "<reset>") auth.Reset();
            return;
        }

        if (text == "<accept>") text = @"HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: {upstream}";
        _answer.Append(Line(text));
        if (!last) return;
        await auth.SendAsync(_answer + "\r\n");
        _answer.Clear();
        auth.ShutdownSend();
    }

    private async Task SendAsync(Peer peer, string text)
    {
        if (text == "<close>") peer.Dispose();
        else if (text.StartsWith("<tls", StringComparison.Ordinal)) (await peer.BeginTlsAsync(TestCertificates.ClientOptions(text.Length > 5 ? text[5..^1] : null))).Dispose();
        else if (text == "<shutdown>") peer.ShutdownSend();
        else if (text == "<reset>") peer.Reset();
        else await peer.SendAsync(Line(text));
    }

    private async Task ReceiveAsync(Peer peer, Step step)
    {
        if (step.Text == "<close>")
        {
            var rest = await peer.ReadToEndAsync();
            Check(step, "", [rest]);
            return;
        }

        var expected = Line(step.Text);
        var actual = expected.EndsWith('\n') ? await peer.ReadLineAsync() : await peer.ReadAsync(expected.Length);
        Check(step, expected, [actual]);
    }

    private string Line(string text) => Transcript.Latin1(Transcript.Bytes(stage.Fill(text, _port)));

    private void Check(Step step, string expected, IReadOnlyCollection<string> actual)
    {
        if (actual.Any(text => Transcript.Matches(expected, text))) return;
        if (isNginx && actual.Any(text => Transcript.Matches(Recording.WithoutInternalErrors(expected), Recording.WithoutInternalErrors(text)))) return;
        _mismatches.Add($"line {step.Line}: expected {Transcript.Printable(expected)}, got {Transcript.Printable(string.Join(" / ", actual))}");
    }

    /// <summary>The client ends its side, and everything that was still on the way is read.</summary>
    private async Task<Recording> EndAsync()
    {
        var clientEnded = _client.Ended;
        var upstreamsEnded = _upstreams.ConvertAll(upstream => upstream.Ended);
        var clientReads = _client.Socket.Connected && !clientEnded;
        if (clientReads) _client.ShutdownSend();

        while (stage.Upstream.TryAccept(out var surprise)) _upstreams.Add(surprise!);
        while (stage.Auth.TryAccept(out var surprise)) _auths.Add(surprise!);
        foreach (var peer in _upstreams.Concat(_auths)) await DrainAsync(peer);
        if (clientReads) await DrainAsync(_client);

        var upstream = string.Concat(_upstreams.Select((peer, index) =>
            peer.Received + (upstreamsEnded.ElementAtOrDefault(index) ? "<close>\n" : "<open>\n")));
        return new Recording(
            stage.Normalise(_client.Received, _port) + (clientEnded ? "<close>" : "<open>"),
            stage.Normalise(string.Concat(_auths.Select(auth => auth.Received)), _port),
            stage.Normalise(upstream, _port),
            _mismatches);
    }

    private async Task DrainAsync(Peer peer)
    {
        try
        {
            peer.Limit = patience;
            await peer.ReadToEndAsync();
        }
        catch (TimeoutException exception)
        {
            _mismatches.Add($"at the end: {exception.Message}");
        }
        catch (ObjectDisposedException)
        {
            // The transcript has broken this connection.
        }
        finally
        {
            if (peer != _client) peer.Dispose();
        }
    }
}

/// <summary>How an upstream's replies reach the proxy.</summary>
internal enum UpstreamCuts
{
    /// <summary>As the transcript has them.</summary>
    AsWritten,

    /// <summary>Byte by byte, each read by the proxy before the next is sent.</summary>
    Bytes,

    /// <summary>All of a login in one segment, before most of it is asked for.</summary>
    OneSegment,
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>All that one scenario needs around one proxy: the address of its server, an auth server and an upstream.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly int _listen = FreePort.Take();
    private readonly string _directory;
    private readonly int _refused = FreePort.Take();
    private readonly Scenario _scenario;

    public Stage(Scenario scenario, string directory)
    {
        _scenario = scenario;
        _directory = directory;
        // ::1 in an answer leads to the same upstream.
        Upstream = new PeerServer(endPoint: new IPEndPoint(scenario.Steps.Any(UsesIpv6) ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0));
    }

    public PeerServer Auth { get; } = new();

    public PeerServer Upstream { get; }

    /// <summary>The server block, the same for each proxy but for its ports.</summary>
    public string ServerBlock()
    {
        var lines = new List<string> { $"listen {_scenario.Listen};", $"protocol {_scenario.Protocol};" };
        if (!_scenario.Gives("server_name")) lines.Add("server_name mx.test;");
        if (!_scenario.Gives("auth_http")) lines.Add("auth_http 127.0.0.1:{auth}/auth;");
        return "server {\n    " + string.Join("\n    ", lines.Concat(_scenario.Directives).Select(line => Fill(line))) + "\n}\n";
    }

    public Task<Peer> ConnectAsync()
    {
        var address = Fill(_scenario.Listen.Split(' ')[0]);
        EndPoint endPoint = address.StartsWith("unix:", StringComparison.Ordinal)
            ? new UnixDomainSocketEndPoint(address[5..])
            : IPEndPoint.Parse(address);
        return Peer.ConnectAsync(endPoint);
    }

    /// <summary>Puts this run's ports into a line of the scenario.</summary>
    public string Fill(string text, int? client = null)
    {
        foreach (var (name, value) in Values(client)) text = text.Replace(name, value, StringComparison.Ordinal);
        return text;
    }

    /// <summary>Takes this run's ports out of what a proxy sent.</summary>
    public string Normalise(string text, int? client)
    {
        foreach (var (name, value) in Values(client).Where(pair => pair.Value.Length > 0))
            text = Regex.Replace(text, $"(?<![0-9]){Regex.Escape(value)}(?![0-9])", name);
        return Recording.WithoutInternalErrors(Recording.WithoutChallenges(text));
    }

    public async ValueTask DisposeAsync()
    {
        await Auth.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    private static bool UsesIpv6(Step step) => step is { Actor: Actor.AuthSends, Text: "Auth-Server: ::1" };

    private IEnumerable<(string Name, string Value)> Values(int? client)
    {
        yield return ("{dir}", _directory);
        yield return ("{listen}", Number(_listen));
        yield return ("{auth}", Number(Auth.Port));
        yield return ("{upstream}", Number(Upstream.Port));
        yield return ("{refused}", Number(_refused));
        if (client is { } port) yield return ("{client}", Number(port));
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

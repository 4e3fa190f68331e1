using System.Net;
using System.Text.RegularExpressions;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Configuration.Syntax;

namespace MailProxy.Authentication;

/// <summary>A <c>listen</c> in a block that is skipped.</summary>
/// <param name="Block">The block's name.</param>
/// <param name="Address">The address as written, or what stands for none.</param>
/// <param name="Where">Where it stands.</param>
/// <param name="Server">The <c>server { }</c> that it belongs to.</param>
/// <param name="Files">Opens what that includes.</param>
internal sealed record SkippedListen(string Block, string Address, string Where, ConfNode Server, SkippedFiles Files)
{
    private const string DefaultOfHttp = "80";

    /// <summary>Every <c>listen</c> of a block, and port 80 for each <c>server</c> of <c>http</c> that has none.</summary>
    public static IEnumerable<SkippedListen> FindIn(ConfNode block, SkippedFiles files)
    {
        foreach (var server in files.Children(block).Where(node => node is { Name: "server", Children: not null }))
        {
            var listens = files.Children(server).Where(node => node is { Children: null, Words: ["listen", _, ..] }).ToList();
            foreach (var listen in listens) yield return new SkippedListen(block.Name, listen.Words[1], listen.Where, server, files);
            if (listens.Count == 0 && block.Name == "http") yield return new SkippedListen(block.Name, DefaultOfHttp, server.Where, server, files);
        }
    }

    /// <summary>The addresses that it stands for. Names are not resolved: <c>listen localhost:80</c> is the loopback address.</summary>
    public IReadOnlyList<EndPoint> Addresses
    {
        get
        {
            var addresses = new List<EndPoint>();
            // Without a port, http listens on 80.
            var reason = NetAddress.ReadListen(Address, LocalNames, addresses);
            if (reason == "no port") NetAddress.ReadPeer(Address == "*" ? "0.0.0.0" : Address, 80, LocalNames, addresses = []);
            return addresses;
        }
    }

    /// <summary>Where it sends everybody, whoever asks: <c>add_header</c> of <c>Auth-Server</c> and <c>Auth-Port</c> without variables, and nothing that answers in another way.</summary>
    /// <param name="uri">What is asked for.</param>
    /// <returns>Null where the answer may be another one for another login.</returns>
    public UpstreamAddress? FixedAnswer(string uri)
    {
        var server = Files.Children(Server);
        var location = Location([.. server.Where(node => node is { Name: "location", Children: not null, Arguments.Count: > 0 })], uri.Split('?')[0]);
        var nodes = location is null ? server : Files.Children(location);
        if (nodes.Concat(server).Any(Decides)) return null;

        // Where a location adds any, those of the server are not inherited.
        var headers = Headers(nodes);
        if (headers.Count == 0) headers = Headers(server);
        if (headers.ContainsKey("auth-user") || headers.ContainsKey("auth-pass") || headers.GetValueOrDefault("auth-status", "OK") != "OK") return null;
        var isFixed = headers.TryGetValue("auth-server", out var host) && headers.TryGetValue("auth-port", out _) && IPAddress.TryParse(host, out _) && !host.Contains('$');
        var text = isFixed ? $"{(host!.Contains(':') ? $"[{host}]" : host)}:{headers["auth-port"]}" : "";
        return isFixed && NetAddress.ReadUpstream(text, out var upstream) is null ? upstream : null;
    }

    /// <summary>As nginx chooses: the exact one, else the first expression that matches, unless the longest prefix forbids it, else that prefix.</summary>
    private static ConfNode? Location(List<ConfNode> locations, string path)
    {
        if (locations.Find(node => node.Arguments is ["=", var exact] && exact == path) is { } found) return found;
        var prefix = locations.Where(node => node.Arguments is ["^~", _] or [_] && path.StartsWith(node.Arguments[^1], StringComparison.Ordinal)).MaxBy(node => node.Arguments[^1].Length);
        if (prefix?.Arguments is ["^~", _]) return prefix;
        return locations.Find(node => node.Arguments is ["~" or "~*", var expression] && IsMatch(path, expression, node.Arguments[0] == "~*")) ?? prefix;
    }

    private static bool IsMatch(string path, string expression, bool ignoreCase)
    {
        try
        {
            return Regex.IsMatch(path, expression, ignoreCase ? RegexOptions.IgnoreCase | RegexOptions.CultureInvariant : RegexOptions.None, TimeSpan.FromMilliseconds(100));
        }
        catch (Exception exception) when (exception is ArgumentException or RegexMatchTimeoutException)
        {
            return false;
        }
    }

    /// <summary>Whether a directive may give another answer to another login, or none.</summary>
    private static bool Decides(ConfNode node) =>
        node.Name is "if" or "rewrite" or "auth_request" or "auth_basic" or "error_page" or "try_files" || node.Name.EndsWith("_pass", StringComparison.Ordinal)
        || node.Name.Contains("_by_lua", StringComparison.Ordinal) || node is { Name: "return", Arguments: [not ("200" or "204"), ..] };

    private static Dictionary<string, string> Headers(IEnumerable<ConfNode> nodes)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var node in nodes)
        {
            if (node is { Name: "add_header", Arguments: [var name, var value, ..] }) headers[name] = value;
        }

        return headers;
    }

    private static IReadOnlyList<IPAddress> LocalNames(string name) => name == "localhost" ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [];
}

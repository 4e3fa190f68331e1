using System.Globalization;
using System.Text;
using MailProxy.Configuration;
using MailProxy.Protocols;

namespace MailProxy.UserDirectory.Stores;

/// <summary>Where a user's mail is: what the user says, else what the directive says for all.</summary>
internal static class UserDestination
{
    /// <summary>The answer for a user whose proof is good.</summary>
    /// <exception cref="PassdbException">A field makes no sense.</exception>
    public static PassdbResult Accept(PassdbUser user, PassdbOptions defaults, MailProtocol protocol) => new(PassdbStatus.Ok)
    {
        Upstream = Find(user, defaults, protocol),
        Login = Bytes(user.User),
        Password = Bytes(user.Pass),
    };

    /// <summary>Reads a port.</summary>
    /// <exception cref="PassdbException">It is none.</exception>
    public static int ReadPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 ? port : throw new PassdbException("the user's \"port\" is no port");

    private static UpstreamAddress? Find(PassdbUser user, PassdbOptions defaults, MailProtocol protocol)
    {
        var port = string.IsNullOrEmpty(user.Port) ? defaults.Port : ReadPort(user.Port);
        if (!string.IsNullOrEmpty(user.Upstream)) return ReadUpstream(user.Upstream, protocol);
        if (!string.IsNullOrEmpty(user.Host)) return ReadHost(user.Host, port, protocol);
        if (defaults.Upstream.Length > 0) return ReadUpstream(defaults.Upstream, protocol);
        return defaults.Host.Length > 0 ? ReadHost(defaults.Host, port, protocol) : null;
    }

    /// <summary>A group, unless a port stands behind it.</summary>
    private static UpstreamAddress ReadUpstream(string text, MailProtocol protocol)
    {
        var word = text.Replace("${protocol}", protocol.Name, StringComparison.Ordinal).Replace("$protocol", protocol.Name, StringComparison.Ordinal);
        var colon = word.LastIndexOf(':');
        var isGroup = colon < 0 || word.StartsWith("unix:", StringComparison.Ordinal);
        return isGroup ? new UpstreamAddress(word, null) : new UpstreamAddress(word[..colon].Trim('[', ']'), ReadPort(word[(colon + 1)..]));
    }

    private static UpstreamAddress ReadHost(string host, int? port, MailProtocol protocol)
    {
        var isSocket = host.StartsWith("unix:", StringComparison.Ordinal);
        return new UpstreamAddress(host.Trim('[', ']'), isSocket ? null : port ?? protocol.Ports[0]);
    }

    private static byte[]? Bytes(string? text) => string.IsNullOrEmpty(text) ? null : Encoding.UTF8.GetBytes(text);
}

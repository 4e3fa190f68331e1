using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary><c>proxy_pass</c>: where one is, or the name of a group, which may stand anywhere in the file and is looked for later.</summary>
internal static class ProxyPassDirective
{
    public static string? Read(string word, Report report)
    {
        if (NetAddress.ReadUpstream(word, out var address) is not { } reason) return address.ToString();
        report.Error(NetAddress.UpstreamError(reason, word));
        return null;
    }
}

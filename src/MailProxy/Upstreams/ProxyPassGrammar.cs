using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary><c>proxy_pass</c>: where one is, or the name of a group, which may stand anywhere in the file and is looked for later.</summary>
internal sealed class ProxyPassGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => "group | address:port | unix:/path";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        var reason = NetAddress.ReadUpstream(text, out var address);
        value = address;
        return reason is null || call.Report.Fail(NetAddress.UpstreamError(reason, text));
    }
}

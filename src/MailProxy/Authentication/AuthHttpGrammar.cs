using System.Collections;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Authentication;

/// <summary><c>auth_http</c>: where an auth server is, or <c>internal</c>.</summary>
internal sealed class AuthHttpGrammar : TextGrammar
{
    public override bool TakesOneText => true;

    public override string Syntax(ValueAttribute attribute) => "url | internal";

    public override IList CreateList() => new List<AuthHttpUrl>();

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        if (!base.TryRead(text, call, out value)) return false;
        try
        {
            var url = AuthHttpUrl.Parse(text);
            value = url;
            var isKnown = url.IsInternal || url.UnixPath is not null || url.Host.Contains(':') || NetAddress.TryParseIpv4(url.Host, out _) || call.Context.Lookup(url.Host).Count > 0;
            return isKnown || call.Report.Fail($"host not found in auth_http \"{url}\"");
        }
        catch (FormatException exception)
        {
            return call.Report.Fail($"{exception.Message} in auth_http \"{AuthHttpUrl.WithoutPlainScheme(text)}\"");
        }
    }
}

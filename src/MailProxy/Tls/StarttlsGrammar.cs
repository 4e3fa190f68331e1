using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Tls;

/// <summary><c>starttls</c>, which excludes <c>ssl on</c> in its block.</summary>
internal sealed class StarttlsGrammar : ChoiceGrammar
{
    public override void CheckBlock(DirectiveCall call)
    {
        if (TlsConflict.IsIn(call)) call.Report.Error("\"ssl\" directive conflicts with \"starttls\"");
    }
}

/// <summary><c>ssl</c>, which excludes <c>starttls</c> in its block.</summary>
internal sealed class SslGrammar : FlagGrammar
{
    public override void CheckBlock(DirectiveCall call)
    {
        if (TlsConflict.IsIn(call)) call.Report.Error("\"starttls\" directive conflicts with \"ssl on\"");
    }
}

/// <summary>Both at once; nginx speaks of the one that came first.</summary>
internal static class TlsConflict
{
    public static bool IsIn(DirectiveCall call) =>
        call.Level["Tls:Enabled"]?.Value is true && call.Level["Tls:Starttls"]?.Value is StarttlsMode.On or StarttlsMode.Only;
}

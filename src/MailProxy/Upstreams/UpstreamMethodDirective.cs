using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary><c>hash</c>, <c>least_conn</c> and <c>random</c>: how a server of an <c>upstream</c> is chosen. The last one counts.</summary>
internal static class UpstreamMethodDirective
{
    /// <summary>What a key may be made of: more is not known of a client before it is logged in.</summary>
    private static readonly string[] Variables = ["auth_user", "remote_addr"];

    public static void Apply(DirectiveCall call)
    {
        var method = (call.Directive.Kind, call.Arguments) switch
        {
            (DirectiveKind.LeastConn, _) => "least_conn",
            (DirectiveKind.Random, []) => "random",
            (DirectiveKind.Random, ["two"] or ["two", "least_conn"]) => "random two",
            (DirectiveKind.Hash, [_]) => "hash",
            (DirectiveKind.Hash, [_, "exact"]) => "hash",
            (DirectiveKind.Hash, [_, "consistent"] or [_, "consistent", "exact"] or [_, "exact", "consistent"]) => "hash consistent",
            _ => null,
        };
        if (method is null) call.Report.Error($"invalid parameter \"{FirstWrong(call)}\"");
        if (call.Directive.Kind == DirectiveKind.Hash && ReadHashKey(call.Arguments[0], call.Report) is { } key) call.Set(call.Path, key);
        if (call.Report.HasFailed) return;
        if (call.Level[nameof(UpstreamGroupOptions.Method)] is not null) call.Report.Warn("load balancing method redefined");
        call.Set(nameof(UpstreamGroupOptions.Method), method!);
        if (call.Directive.Kind == DirectiveKind.Hash) call.Set(nameof(UpstreamGroupOptions.HashExact), call.Arguments.Skip(1).Contains("exact") ? "on" : "off");
    }

    /// <summary>The parameter that is not known, or stands there twice.</summary>
    private static string FirstWrong(DirectiveCall call) => call switch
    {
        { Directive.Kind: DirectiveKind.Random, Arguments: ["two", var second, ..] } => second,
        { Directive.Kind: DirectiveKind.Hash, Arguments: [_, "consistent" or "exact", var third] } => third,
        { Directive.Kind: DirectiveKind.Hash } => call.Arguments[1],
        _ => call.Arguments[0],
    };

    /// <summary>Reads the key of <c>hash</c>.</summary>
    public static string? ReadHashKey(string word, Report report)
    {
        var parts = new List<VariableTextPart>();
        if (VariableText.Parse(word, parts) is { } reason) report.Error(reason);
        else if (parts.Count == 0) report.Error("\"hash\" directive invalid value");
        else if (parts.Find(part => part.IsVariable && !Variables.Contains(part.Text)) is { } unknown) report.Error($"unknown \"{unknown.Text}\" variable");
        else return word;
        return null;
    }
}

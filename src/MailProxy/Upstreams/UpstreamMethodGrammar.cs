using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary><c>hash</c>, <c>least_conn</c> and <c>random</c>: how a server of an <c>upstream</c> is chosen. The last one counts.</summary>
internal abstract class UpstreamMethodGrammar : ChoiceGrammar
{
    public override string Syntax(ValueAttribute attribute) => "";

    /// <summary>Sets the method, if nothing is wrong.</summary>
    /// <param name="method">The method; null where a parameter is not known.</param>
    /// <param name="firstWrong">That parameter.</param>
    /// <param name="call">The directive.</param>
    protected static void Set(UpstreamMethod? method, string firstWrong, DirectiveCall call)
    {
        if (method is null) call.Report.Error($"invalid parameter \"{firstWrong}\"");
        if (call.Report.HasFailed) return;
        if (call.Level[nameof(BalancingOptions.Method)] is not null) call.Report.Warn("load balancing method redefined");
        call.Set(nameof(BalancingOptions.Method), method);
    }
}

/// <summary><c>least_conn</c>.</summary>
internal sealed class LeastConnGrammar : UpstreamMethodGrammar
{
    public override (int Least, int Most) Arguments => (0, 0);

    public override void Read(DirectiveCall call) => Set(UpstreamMethod.LeastConn, "", call);
}

/// <summary><c>random</c>.</summary>
internal sealed class RandomGrammar : UpstreamMethodGrammar
{
    public override (int Least, int Most) Arguments => (0, 2);

    public override void Read(DirectiveCall call) => Set(
        call.Arguments switch { [] => UpstreamMethod.Random, ["two"] or ["two", "least_conn"] => UpstreamMethod.RandomTwo, _ => null },
        call.Arguments is ["two", var second, ..] ? second : call.Arguments.FirstOrDefault(""),
        call);
}

/// <summary><c>hash</c>.</summary>
internal sealed class HashGrammar : UpstreamMethodGrammar
{
    private const string Consistent = "consistent";
    private const string Exact = "exact";

    public override (int Least, int Most) Arguments => (1, 3);

    public override void Read(DirectiveCall call)
    {
        var words = call.Arguments.Skip(1).ToList();
        var isKnown = words.TrueForAll(word => word is Consistent or Exact) && words.Distinct().Count() == words.Count;
        var method = words.Contains(Consistent) ? UpstreamMethod.ConsistentHash : UpstreamMethod.Hash;
        if (HashKey.Parse(call.Arguments[0], call.Report) is { } key) call.Set(key);
        Set(isKnown ? method : null, words is [Consistent or Exact, var second] ? second : words.FirstOrDefault(""), call);
        if (!call.Report.HasFailed) call.Set(nameof(BalancingOptions.HashExact), words.Contains(Exact));
    }

    /// <summary>As a key, it is the key alone.</summary>
    public override void ReadKey(DirectiveCall call)
    {
        if (HashKey.Parse(call.Arguments[0], call.Report) is { } key) call.Set(key);
    }
}

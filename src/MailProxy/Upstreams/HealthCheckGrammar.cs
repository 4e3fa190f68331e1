using MailProxy.Configuration.Binding;

namespace MailProxy.Upstreams;

/// <summary><c>health_check</c>: parameters only.</summary>
internal sealed class HealthCheckGrammar : ValueGrammar
{
    public override (int Least, int Most) Arguments => (0, int.MaxValue);

    public override string Syntax(ValueAttribute attribute) => "[interval=time] [fails=n] [passes=n] [timeout=time] [protocol=name]";

    public override void Read(DirectiveCall call)
    {
        // Without any parameter it is asked for as well.
        call.Set(new HealthCheckOptions().Interval);
        foreach (var (property, value) in ItemParameters<HealthCheckOptions>.Read(call.Arguments, call.Context, call.Report)) call.Set(BalancingSections.HealthCheckPrefix + property.Name, value);
    }

    /// <summary>As a key, it is the parameter <c>interval</c>.</summary>
    public override void ReadKey(DirectiveCall call)
    {
        if (call.Option!.TryReadKey(call.Arguments[0], call.Context, call.Report, out var value)) call.Set(value);
    }
}

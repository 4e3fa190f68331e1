using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams.Health;

/// <summary><c>health_check</c>: parameters only.</summary>
internal static class HealthCheckDirective
{
    private const string Section = "HealthCheck:";

    private static readonly DirectiveParameter[] Parameters =
    [
        new("interval", nameof(HealthCheckOptions.Interval), DirectiveKind.Milliseconds, Minimum: 1),
        new("fails", nameof(HealthCheckOptions.Fails), DirectiveKind.Number, Minimum: 1),
        new("passes", nameof(HealthCheckOptions.Passes), DirectiveKind.Number, Minimum: 1),
        new("timeout", nameof(HealthCheckOptions.Timeout), DirectiveKind.Milliseconds, Minimum: 1),
        new("protocol", nameof(HealthCheckOptions.Protocol), DirectiveKind.Choice) { Words = ["imap", "pop3", "smtp"] },
    ];

    public static void Apply(DirectiveCall call)
    {
        // Without any parameter it is asked for as well.
        call.Set(call.Path, new HealthCheckOptions().Interval.ToString("c"));
        foreach (var (property, value) in DirectiveParameter.Read(call.Arguments, Parameters, call.Report)) call.Set(Section + property, value);
    }

    /// <summary>The parameter that a configuration key stands for.</summary>
    public static DirectiveParameter? Find(string path) => Array.Find(Parameters, parameter => path == Section + parameter.Property);
}

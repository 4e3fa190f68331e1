namespace MailProxy.Testing;

/// <summary>Metrics that the dashboard and the alert rules name before the program exports them. To be empty.</summary>
public static class FromOtherParts
{
    public static IReadOnlyList<string> Metrics { get; } = ["mailproxy_auth_requests_total", "mailproxy_auth_seconds", "mailproxy_passdb_requests_total"];

    /// <summary>Whether an expression names one of them.</summary>
    public static bool AreIn(string expression) => Metrics.Any(name => expression.Contains(name, StringComparison.Ordinal));
}

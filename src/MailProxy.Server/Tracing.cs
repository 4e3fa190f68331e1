using MailProxy.Configuration;
using MailProxy.Observing.Traces;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MailProxy.Server;

/// <summary>
/// Traces by OTLP, where OpenTelemetry's own variables ask for it: <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> or
/// <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c>. Without them nothing listens, and no session makes a span.
/// </summary>
internal static class Tracing
{
    private static readonly string[] Endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    /// <exception cref="StartupException">An endpoint is no URL: the exporter would take its default without a word.</exception>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        var isWanted = false;
        foreach (var name in Endpoints)
        {
            if (configuration[name] is not { Length: > 0 } endpoint) continue;
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) throw new StartupException($"invalid URL \"{endpoint}\" in {name}");
            isWanted = true;
        }

        if (!isWanted) return;
        services.AddOpenTelemetry().WithTracing(traces => traces
            .AddSource(SessionTrace.SourceName)
            // The environment comes last, so that OTEL_SERVICE_NAME wins.
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService("mailproxy", serviceVersion: Version).AddTelemetrySdk().AddEnvironmentVariableDetector())
            .AddOtlpExporter());
    }

    private static string Version => typeof(Tracing).Assembly.GetName().Version!.ToString(3);
}

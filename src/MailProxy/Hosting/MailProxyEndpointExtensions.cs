using System.Text.Json;
using MailProxy.UserDirectory.Endpoint;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.Hosting;

/// <summary>The HTTP side.</summary>
public static class MailProxyEndpointExtensions
{
    /// <summary>
    /// Maps <c>/livez</c> (200 while the process answers) and <c>/readyz</c>, also as <c>/healthz</c> (200 while every
    /// socket listens, 503 before that and once a shutdown has begun), for GET and HEAD. <c>?verbose</c> names the checks, as JSON.
    /// Maps <c>/auth</c>, which answers auth_http requests by the users of <c>passdb</c> (404 without any), to
    /// whoever sends <c>auth_endpoint_key</c>, and to loopback where there is none.
    /// </summary>
    public static IEndpointRouteBuilder MapMailProxy(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/livez", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).WithReading();
        endpoints.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = WriteAsync }).WithReading();
        endpoints.MapHealthChecks("/healthz", new HealthCheckOptions { ResponseWriter = WriteAsync }).WithReading();
        endpoints.ServiceProvider.GetRequiredService<ScrapedState>().Begin();
        endpoints.Map("/auth", endpoints.ServiceProvider.GetRequiredService<AuthEndpoint>().HandleAsync);
        return endpoints;
    }

    /// <summary>Lets an endpoint take GET and HEAD; whatever else is asked gets 405 with <c>Allow</c>.</summary>
    internal static IEndpointConventionBuilder WithReading(this IEndpointConventionBuilder endpoint)
    {
        endpoint.Add(static builder => builder.Metadata.Add(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head])));
        return endpoint;
    }

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        if (!context.Request.Query.ContainsKey("verbose"))
        {
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync(report.Status != HealthStatus.Unhealthy ? "ok\n" : "unavailable\n");
            return;
        }

        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", report.Status.ToString());
        json.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
        {
            json.WriteStartObject(name);
            json.WriteString("status", entry.Status.ToString());
            json.WriteString("description", entry.Description);
            foreach (var (what, detail) in entry.Data) json.WriteString(what, detail.ToString());
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}

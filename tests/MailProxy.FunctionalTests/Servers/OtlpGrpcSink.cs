using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>Takes traces by OTLP over gRPC, and keeps the spans.</summary>
internal sealed class OtlpGrpcSink : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpGrpcSink(WebApplication app) => _app = app;

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    public string Url => _app.Urls.Single();

    public static async Task<OtlpGrpcSink> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var sink = new OtlpGrpcSink(builder.Build());
        sink._app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", sink.ExportAsync);
        await sink._app.StartAsync();
        return sink;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ExportAsync(HttpContext context)
    {
        const int Prefix = 5;                    // whether it is compressed, and its length
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        foreach (var span in OtlpSpan.ReadRequest(body.ToArray()[Prefix..]).Spans) Spans.Enqueue(span);
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[Prefix]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}

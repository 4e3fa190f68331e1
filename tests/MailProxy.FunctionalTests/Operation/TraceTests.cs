using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>OpenTelemetry's spans, as a collector receives them.</summary>
[Trait("Beyond", "nginx")]
public sealed class TraceTests(MailServers servers) : IAsyncDisposable
{
    private readonly OtlpSink _sink = new();

    public ValueTask DisposeAsync() => _sink.DisposeAsync();

    [Fact]
    public async Task A_login_at_a_real_server_is_a_session_with_its_steps()
    {
        var dovecot = await servers.DovecotAsync();
        await using var auth = AuthHttpServer.SendingTo(dovecot.Imap);
        var port = FreePort.Take();
        await using var proxy = await StartAsync(auth, port, ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=abc"));
        var user = MailFront.NewUser();
        await LogInAsync(port, user);
        await Patience.UntilAsync(() => _sink.Spans.Any(span => span.Name == "relay"), () => "a relay span");

        var relay = Assert.Single(_sink.Spans, span => span.Name == "relay");
        var trace = _sink.Spans.Where(span => span.TraceId == relay.TraceId).OrderBy(span => span.Start).ToList();
        Assert.Equal(["session", "auth", "connect", "login", "relay"], trace.Select(span => span.Name));
        var session = trace[0];
        Assert.Equal("", session.ParentId);
        Assert.All(trace.Skip(1), step => Assert.Equal(session.Id, step.ParentId));
        Assert.All(trace, span => Assert.False(span.HasFailed));
        foreach (var (step, next) in trace.Skip(1).Zip(trace.Skip(2))) Assert.True(step.End <= next.Start, $"{step.Name} ends before {next.Name} begins");

        Assert.Equal(("imap", "127.0.0.1", user, "done"), (session.Tags["network.protocol.name"], session.Tags["client.address"], session.Tags["enduser.id"], session.Tags["mailproxy.end_reason"]));
        Assert.Equal(port.ToString(), session.Tags["server.port"]);
        Assert.Equal(("plain", "ok"), (trace[1].Tags["mailproxy.auth.method"], trace[1].Tags["mailproxy.auth.status"]));
        Assert.All(trace[2..4], step => Assert.Equal(("127.0.0.1", dovecot.Imap.ToString()), (step.Tags["server.address"], step.Tags["server.port"])));
        Assert.DoesNotContain(_sink.Spans.SelectMany(span => span.Tags.Values), value => value.Contains(ProxyServer.Secret, StringComparison.Ordinal));

        Assert.Equal($"00-{session.TraceId}-{trace[1].Id}-01", Assert.Single(auth.Requests)["traceparent"]);
        Assert.Equal("mailproxy", _sink.Resource["service.name"]);
        Assert.Contains(_sink.Heads, head => head.StartsWith("POST /v1/traces HTTP/1.1\r\n", StringComparison.Ordinal) && head.Contains("api-key: abc\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_fails_is_marked_and_the_environment_names_the_service()
    {
        await using var auth = AuthHttpServer.SendingTo(FreePort.Take());
        var port = FreePort.Take();
        await using var proxy = await StartAsync(auth, port, ("OTEL_SERVICE_NAME", "edge"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"));
        using (var client = await Peer.ConnectAsync(port))
        {
            await client.ReadLineAsync();
            Assert.Equal("a NO [UNAVAILABLE] internal server error", await client.AskAsync("a LOGIN u p"));
            await client.ReadToEndAsync();
        }

        await Patience.UntilAsync(() => _sink.Spans.Any(span => span.Tags.ContainsKey("enduser.id")), () => "the session's span");
        var connect = Assert.Single(_sink.Spans, span => span.Name == "connect");
        Assert.True(connect.HasFailed);
        Assert.Equal("SocketException", connect.Tags["error.type"]);
        var session = Assert.Single(_sink.Spans, span => span.Name == "session" && span.Id == connect.ParentId);
        Assert.True(session.HasFailed);
        Assert.Equal(("upstream_unavailable", "upstream_unavailable"), (session.Tags["error.type"], session.Tags["mailproxy.end_reason"]));
        Assert.Equal(("edge", "test"), (_sink.Resource["service.name"], _sink.Resource["deployment.environment.name"]));
    }

    [Fact]
    public async Task Spans_go_by_gRPC_where_no_protocol_is_named()
    {
        await using var sink = await OtlpGrpcSink.StartAsync();
        await using var auth = AuthHttpServer.SendingTo((await servers.DovecotAsync()).Imap);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(
            new MailProxyServer { Environment = { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = sink.Url, ["OTEL_BSP_SCHEDULE_DELAY"] = "100" } }, Mail(auth, port));
        await LogInAsync(port, MailFront.NewUser());
        await Patience.UntilAsync(() => sink.Spans.Any(span => span.Name == "relay"), () => "a relay span");
        Assert.Contains(sink.Spans, span => span.Name == "auth");
    }

    [Fact]
    public async Task A_sampler_that_wants_nothing_gets_nothing_and_the_auth_server_is_told()
    {
        var dovecot = await servers.DovecotAsync();
        await using var auth = AuthHttpServer.SendingTo(dovecot.Imap);
        var port = FreePort.Take();
        await using (var proxy = await StartAsync(auth, port, ("OTEL_TRACES_SAMPLER", "always_off")))
        {
            await LogInAsync(port, MailFront.NewUser());
            Assert.Equal(0, await proxy.EndAsync(Signals.Quit));          // what is batched is sent then
        }

        Assert.Empty(_sink.Spans);
        Assert.EndsWith("-00", Assert.Single(auth.Requests)["traceparent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_endpoint_the_auth_server_gets_no_header()
    {
        await using var auth = AuthHttpServer.SendingTo((await servers.DovecotAsync()).Imap);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, port));
        await LogInAsync(port, MailFront.NewUser());
        Assert.Null(Assert.Single(auth.Requests)["traceparent"]);
    }

    [Fact]
    public async Task An_endpoint_that_is_no_URL_is_an_error_at_the_start()
    {
        using var directory = new TempDirectory("trace");
        File.WriteAllText(directory.Combine("c"), $"events {{}} mail {{ auth_http 127.0.0.1:9; server {{ listen 127.0.0.1:{FreePort.Take()}; protocol imap; }} }}");
        await using var process = ChildProcess.Start(MailProxyServer.Program, ["-c", directory.Combine("c")], new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4317" });
        Assert.Equal(1, await process.WaitForExitAsync());
        Assert.Contains("invalid URL \"collector:4317\" in OTEL_EXPORTER_OTLP_ENDPOINT", process.Error, StringComparison.Ordinal);
    }

    private Task<ProxyServer> StartAsync(AuthHttpServer auth, int port, params (string Name, string Value)[] environment)
    {
        var proxy = new MailProxyServer
        {
            Environment = { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _sink.Url, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "100" },
        };
        foreach (var (name, value) in environment) proxy.Environment[name] = value;
        return ProxyServer.StartAsync(proxy, Mail(auth, port));
    }

    private static string Mail(AuthHttpServer auth, int port) => $"auth_http {auth.Url}; server {{ listen 127.0.0.1:{port}; protocol imap; }}";

    private static async Task LogInAsync(int port, string user)
    {
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await client.ReadLineAsync();
        Assert.StartsWith("a OK", await client.AskAsync($"a LOGIN {user} {ProxyServer.Secret}"), StringComparison.Ordinal);
        await client.SendAsync("b LOGOUT\r\n");
        await client.ReadToEndAsync();
    }
}

using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using MailProxy.Hosting;
using MailProxy.Loading;
using MailProxy.Protocols;
using MailProxy.Tests.Configuration;
using MailProxy.Upstreams.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MailProxy.Tests.Protocols.Toy;

/// <summary>A protocol that is not in the program is added as CONTRIBUTING says, and nothing else of the program knows it.</summary>
public sealed partial class ToyProtocolTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Features _features = new(new MailProtocols([.. BuiltInProtocols.Create(), new ToyProtocol()]));
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public async Task It_is_configured_listened_for_probed_logged_in_and_counted()
    {
        using var upstream = new TcpListener(IPAddress.Loopback, 0);
        upstream.Start();
        var probed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(upstream, probed, stop.Token);
        using var place = new TcpListener(IPAddress.Loopback, 0);
        place.Start();
        var port = ((IPEndPoint)place.LocalEndpoint).Port;
        place.Stop();
        var options = Load($$"""
            events { }
            mail {
                upstream toys { server {{upstream.LocalEndpoint}}; health_check protocol=toy interval=100ms; }
                server { listen 127.0.0.1:{{port}}; protocol toy; proxy_pass toys; toy_greeting welcome 2; toy_auth plain; }
            }
            """).Options!;

        var registry = Metrics.NewCustomRegistry();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.UseMailProxy());
        builder.Services.AddSingleton(registry).AddSingleton<MailProtocol, ToyProtocol>().AddMailProxy();
        await using var app = builder.Build();
        await app.Services.GetRequiredService<MailProxyRuntime>().StartAsync(options);
        await app.StartAsync();

        await probed.Task.WaitAsync(Patience);
        Assert.True(Assert.Single(Assert.Single(app.Services.GetRequiredService<UpstreamRouter>().Groups).Group.Peers).IsHealthy);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);
            using var reader = new StreamReader(client.GetStream());
            Assert.Equal(["welcome", "welcome"], [await ReadAsync(reader), await ReadAsync(reader)]);
            await client.GetStream().WriteAsync("HUH\r\nLOGIN fred secret\r\nand on\r\n"u8.ToArray());
            Assert.Equal(["NO what?", "YES fred", "and on"], [await ReadAsync(reader), await ReadAsync(reader), await ReadAsync(reader)]);
        }

        await using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text);
        Assert.Matches("""mailproxy_\w*accepted\w*\{[^}]*protocol="toy"[^}]*\} 1""", Encoding.UTF8.GetString(text.ToArray()));
        await app.StopAsync();
        await stop.CancelAsync();
        await serving.WaitAsync(Patience);
    }

    [Fact]
    public void Its_port_names_it_and_what_is_wrong_is_said_in_its_place()
    {
        Assert.Equal("toy", Load("events { } mail { auth_http 127.0.0.1:9; server { listen 127.0.0.1:4190; } }").Options!.Servers[0].Protocol);
        var wrong = Load("events { } mail { auth_http 127.0.0.1:9; server { listen 127.0.0.1:4190; toy_greeting welcome 0; toy_auth cram-md5; } }");
        Assert.Equal(["invalid number \"0\" in m.conf:1", "invalid value \"cram-md5\" in m.conf:1"], wrong.Messages.Select(message => message.Text.Replace(_conf.Directory + "/", "", StringComparison.Ordinal)));
    }

    /// <summary>The code that CONTRIBUTING shows is this folder's, so that it compiles.</summary>
    [Fact]
    public void Contributing_shows_it()
    {
        var folder = Path.GetDirectoryName(ThisFile())!;
        var code = string.Join('\n', Directory.EnumerateFiles(folder, "*.cs").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        var shown = Shown().Matches(File.ReadAllText(Path.Combine(folder, "../../../../CONTRIBUTING.md"))).Select(match => match.Groups[1].Value).ToList();
        Assert.Single(shown);
        Assert.All(shown, part => Assert.Contains(part, code, StringComparison.Ordinal));
    }

    private MailProxy.Configuration.ConfigurationResult Load(string conf) =>
        ConfigurationLoader.Load(new ConfigurationRequest(_conf.Write("m.conf", conf), _conf.Directory, null, null) { Features = _features });

    private static async Task<string> ReadAsync(StreamReader reader) => await reader.ReadLineAsync().WaitAsync(Patience) ?? "";

    /// <summary>A server that greets, takes one login, and says everything else again.</summary>
    private static async Task ServeAsync(TcpListener listener, TaskCompletionSource probed, CancellationToken stop)
    {
        // Stopping the listener instead throws something else where nobody waits for a connection just then.
        while (await AcceptAsync(listener, stop) is { } client)
        {
            using (client) await AnswerAsync(client);
            probed.TrySetResult();
        }
    }

    private static async Task<TcpClient?> AcceptAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            return await listener.AcceptTcpClientAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task AnswerAsync(TcpClient client)
    {
        try
        {
            using var reader = new StreamReader(client.GetStream());
            await client.GetStream().WriteAsync("toy\r\n"u8.ToArray());
            while (await reader.ReadLineAsync() is { } line)
            {
                var words = line.Split(' ');
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(words is ["LOGIN", var user, "secret"] ? $"YES {user}\r\n" : $"{line}\r\n"));
            }
        }
        catch (IOException)
        {
            // A probe or the proxy hung up.
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex("```csharp\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shown();
}

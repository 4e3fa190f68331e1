using System.Diagnostics;
using System.Globalization;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>The program as an operator starts it.</summary>
public sealed class ProgramTests
{
    public static TheoryData<string> ShippedConfigurations =>
        [.. Directory.GetFiles(Path.Combine(MailProxyServer.Repository, "deploy"), "*.conf").Select(file => Path.GetFileName(file))];

    [Theory, MemberData(nameof(ShippedConfigurations)), Trait("Beyond", "nginx")]
    public async Task A_shipped_configuration_is_valid(string file)
    {
        var path = Path.Combine(MailProxyServer.Repository, "deploy", file);
        var result = await ChildProcess.RunAsync(MailProxyServer.Program, "-t", "-c", path);
        Assert.Contains($"configuration file {path} test is successful", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task It_is_ready_within_two_seconds()
    {
        var fastest = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var (port, started) = (FreePort.Take(), Stopwatch.GetTimestamp());
            await using var proxy = await ProxyServer.StartAsync($"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{port}; protocol imap; }}");
            using var client = await Peer.ConnectAsync(port);
            await client.ReadLineAsync();
            // Two seconds of a machine that has nothing else to do.
            var took = Stopwatch.GetElapsedTime(started) / Yardstick.Slowness();
            if (took < fastest) fastest = took;
        }

        Assert.True(fastest < TimeSpan.FromSeconds(2), $"ready after {fastest.TotalSeconds} s");
    }

    [Fact]
    public async Task The_pid_file_holds_the_process()
    {
        await using var proxy = await ProxyServer.StartAsync($"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{FreePort.Take()}; protocol imap; }}");
        await Patience.UntilAsync(() => File.Exists(proxy.PidFile) && new FileInfo(proxy.PidFile).Length > 0, () => "the pid file");
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{proxy.Process.Id}\n"), await File.ReadAllTextAsync(proxy.PidFile));
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task More_connections_than_open_files_are_warned_of()
    {
        await using var proxy = await ProxyServer.StartAsync($"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{FreePort.Take()}; protocol imap; }}");
        var result = await ChildProcess.RunAsync("prlimit", "--nofile=1024", MailProxyServer.Program, "-t", "-c", proxy.ConfigurationFile);
        Assert.StartsWith("mailproxy: [warn] 4096 worker_connections exceed open file resource limit: 1024\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task Closed_outputs_are_no_reason_not_to_run()
    {
        var version = await ChildProcess.RunAsync("/bin/sh", "-c", $"exec {MailProxyServer.Program} -v >&- 2>&- <&-");
        Assert.Equal(0, version.ExitCode);

        var port = FreePort.Take();
        using var directory = new TempDirectory("closed");
        await File.WriteAllTextAsync(directory.Combine("m.conf"), $$"""
            events {}
            error_log {{directory.Combine("e.log")}} info;
            mail { access_log stdout; auth_http 127.0.0.1:1; server { listen 127.0.0.1:{{port}}; protocol imap; } }
            """);
        var environment = new Dictionary<string, string> { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{FreePort.Take()}" };
        await using var process = ChildProcess.Start("/bin/sh", ["-c", $"exec {MailProxyServer.Program} -p {directory.Combine("")} -c {directory.Combine("m.conf")} >&- 2>&-"], environment);
        await Patience.UntilAsync(() => Peer.IsListening(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port)), () => "the listener");
        foreach (var number in new[] { 1, 2 }) Assert.Equal("/dev/null", new FileInfo($"/proc/{process.Id}/fd/{number}").LinkTarget);
        // Nobody is told of each line that is written below the prefix.
        Assert.DoesNotContain(process.Descriptors, link => link.Contains("inotify", StringComparison.Ordinal));
        process.Signal(Signals.Terminate);
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Theory, Trait("Beyond", "nginx")]
    [InlineData("quit")]
    [InlineData("stop")]
    public async Task Another_mailproxy_ends_it(string word)
    {
        await using var proxy = await ProxyServer.StartAsync($"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{FreePort.Take()}; protocol imap; }}");
        await Patience.UntilAsync(() => File.Exists(proxy.PidFile), () => "the pid file");
        var result = await ChildProcess.RunAsync(MailProxyServer.Program, "-s", word, "-c", proxy.ConfigurationFile);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(0, await proxy.Process.WaitForExitAsync());
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task Another_mailproxy_reloads_and_reopens()
    {
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{port}; protocol imap; }}");
        proxy.WriteConfiguration($"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{port}; protocol pop3; }}");
        await Patience.UntilAsync(() => File.Exists(proxy.PidFile), () => "the pid file");

        (await ChildProcess.RunAsync(MailProxyServer.Program, "-s", "reload", "-c", proxy.ConfigurationFile)).Succeeded.ToString();
        await Patience.UntilAsync(() => Greeting(port) == "+OK POP3 ready", () => "the new greeting");

        File.Delete(proxy.LogFile);
        (await ChildProcess.RunAsync(MailProxyServer.Program, "-s", "reopen", "-c", proxy.ConfigurationFile)).Succeeded.ToString();
        await Patience.UntilAsync(() => File.Exists(proxy.LogFile), () => "a new log file");
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task A_taken_port_is_named_and_ends_the_start()
    {
        await using var other = new PeerServer();
        var start = ProxyServer.StartAsync(new MailProxyServer(), $"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{other.Port}; protocol imap; }} server {{ listen unix:/nowhere/at/all; protocol pop3; }}");
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => start);
        Assert.Contains($"bind() to 127.0.0.1:{other.Port} failed (98: Address already in use)", failure.Message, StringComparison.Ordinal);
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task Connections_over_the_limit_are_closed_and_the_next_is_taken_when_one_has_gone()
    {
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(
            $"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{port}; protocol imap; }}", workerConnections: 3);
        await Patience.UntilAsync(() => Greeting(port) == "* OK IMAP4 ready", () => "the connection that waited for the start to be over");
        var clients = new List<Peer>();
        for (var number = 0; number < 3; number++) clients.Add(await TakePlaceAsync(port));

        using (var surplus = await Peer.ConnectAsync(port)) Assert.Equal("", await surplus.ReadToEndAsync());
        await proxy.WaitForLogAsync("3 worker_connections are not enough");

        clients[0].Dispose();
        await Patience.UntilAsync(() => Greeting(port) == "* OK IMAP4 ready", () => "a place");
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>A client that is let in. One that has gone a moment ago may still be counted, so it asks again.</summary>
    private static async Task<Peer> TakePlaceAsync(int port)
    {
        using var limit = new CancellationTokenSource(Patience.Usual);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var client = await Peer.ConnectAsync(port);
            if (await client.ReadLineAsync() == "* OK IMAP4 ready\r\n") return client;
            client.Dispose();
        }
    }

    private static string Greeting(int port)
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient("127.0.0.1", port) { ReceiveTimeout = 5000 };
            return new StreamReader(client.GetStream()).ReadLine() ?? "";
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            return "";
        }
    }
}

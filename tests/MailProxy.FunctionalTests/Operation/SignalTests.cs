using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>Signals with sessions in every state: before login, in the relay.</summary>
public sealed class SignalTests
{
    [Fact]
    public async Task HUP_puts_a_new_configuration_in_force_and_old_sessions_go_on()
    {
        await using var auth = AuthHttpServer.SendingTo(0);
        var (first, second, third) = (FreePort.Take(), FreePort.Take(), FreePort.Take());
        var before = Mail(auth, $"server {{ listen 127.0.0.1:{first}; protocol imap; imap_capabilities OLD; }} server {{ listen 127.0.0.1:{second}; protocol pop3; }}");
        var after = Mail(auth, $"server {{ listen 127.0.0.1:{first}; protocol imap; imap_capabilities NEW; }} server {{ listen 127.0.0.1:{third}; protocol pop3; }}");
        await using var proxy = await ProxyServer.StartAsync(before);
        using var old = await Peer.ConnectAsync(first);
        await old.ExpectAsync("* OK IMAP4 ready");

        proxy.WriteConfiguration(after);
        proxy.Process.Signal(Signals.HangUp);
        await proxy.WaitUntilReadyAsync(after);

        await Patience.UntilAsync(() => !Accepts(second), () => "the listener that is gone to be closed");
        Assert.Equal("* CAPABILITY OLD AUTH=PLAIN", await old.AskAsync("a CAPABILITY"));
        await Patience.UntilAsync(() => CapabilitiesAsync(first).GetAwaiter().GetResult() == "* CAPABILITY NEW AUTH=PLAIN", () => "the new capabilities");
        await old.ExpectAsync("a OK completed");
        Assert.Equal("b OK completed", await old.AskAsync("b NOOP"));
    }

    [Fact]
    public async Task HUP_with_a_bad_file_changes_nothing()
    {
        await using var auth = AuthHttpServer.SendingTo(0);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol imap; imap_capabilities OLD; }}"));
        using var old = await Peer.ConnectAsync(port);
        await old.ExpectAsync("* OK IMAP4 ready");

        proxy.WriteConfiguration("no_such_directive;");
        proxy.Process.Signal(Signals.HangUp);
        await proxy.WaitForLogAsync("unknown directive \"no_such_directive\"");

        Assert.Equal("a OK completed", await old.AskAsync("a NOOP"));
        Assert.Equal("* CAPABILITY OLD AUTH=PLAIN", await CapabilitiesAsync(port));
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task HUP_says_what_takes_a_restart_and_does_the_rest()
    {
        await using var auth = AuthHttpServer.SendingTo(0);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol imap; imap_capabilities OLD; }}"));
        using var old = await Peer.ConnectAsync(port);
        await old.ExpectAsync("* OK IMAP4 ready");

        var configuration = await File.ReadAllTextAsync(proxy.ConfigurationFile);
        var (before, after) = configuration.Contains("transport managed;", StringComparison.Ordinal) ? ("managed", "linux") : ("linux", "managed");
        configuration = configuration.Replace("transport managed;", "", StringComparison.Ordinal).Replace("OLD", "NEW", StringComparison.Ordinal);
        await File.WriteAllTextAsync(proxy.ConfigurationFile, $"transport {after}; worker_processes 3;\n{configuration}");
        proxy.Process.Signal(Signals.HangUp);

        await proxy.WaitForLogAsync($"the change of \"transport\" from \"{before}\" to \"{after}\" takes a restart");
        if (before == "linux") await proxy.WaitForLogAsync("the change of \"worker_processes\" from \"1\" to \"3\" takes a restart");
        Assert.Equal("* CAPABILITY NEW AUTH=PLAIN", await CapabilitiesAsync(port));
        Assert.Equal("* CAPABILITY OLD AUTH=PLAIN", await old.AskAsync("a CAPABILITY"));
    }

    [Theory, Trait("Beyond", "nginx")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_thread_is_needed_for_a_signal_that_was_not_there_at_the_start(bool isReloaded)
    {
        await using var auth = AuthHttpServer.SendingTo(0);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol imap; imap_capabilities OLD; }}"));
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        await using var limit = new ThreadLimit(proxy.Process);
        if (isReloaded)
        {
            proxy.WriteConfiguration(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol imap; imap_capabilities NEW; }}"));
            proxy.Process.Signal(Signals.HangUp);
            await Patience.UntilAsync(() => CapabilitiesAsync(port).GetAwaiter().GetResult() == "* CAPABILITY NEW AUTH=PLAIN", () => "the new capabilities");
            proxy.Process.Signal(Signals.User1);
            await proxy.WaitForLogAsync($"signal 10 (SIGUSR1) received from {Environment.ProcessId}, reopening logs");
        }

        Assert.Equal(0, await proxy.EndAsync(Signals.Terminate));
        await proxy.WaitForLogAsync($"signal 15 (SIGTERM) received from {Environment.ProcessId}, shutting down");
    }

    [Fact]
    public async Task HUP_refuses_no_connection()
    {
        await using var auth = AuthHttpServer.SendingTo(0);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol imap; }}"));
        for (var reload = 0; reload < 5; reload++)
        {
            proxy.Process.Signal(Signals.HangUp);
            for (var connection = 0; connection < 20; connection++)
            {
                using var client = await Peer.ConnectAsync(port);
                await client.ExpectAsync("* OK IMAP4 ready");
                Assert.Equal("a OK completed", await client.AskAsync("a NOOP"));
            }
        }
    }

    [Fact]
    public async Task QUIT_closes_the_listeners_and_lets_relayed_sessions_end()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol pop3; }}"));
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);

        proxy.Process.Signal(Signals.Quit);
        await Patience.UntilAsync(() => !Accepts(port), () => "the listener to be closed");

        Assert.Equal("+OK", await client.AskAsync("STAT"));
        Assert.False(proxy.Process.HasExited);
        client.ShutdownSend();
        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(0, await proxy.Process.WaitForExitAsync());
        Assert.False(File.Exists(proxy.PidFile));
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task TERM_drains_behind_worker_shutdown_delay_and_a_second_one_ends_all_at_once()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(
            Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol pop3; }}"), "worker_shutdown_delay 3s;");
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        Assert.Equal(0, (await ChildProcess.RunAsync(MailProxyServer.Program, "--probe", new Uri(proxy.Http, "readyz").ToString())).ExitCode);
        using var early = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(early);

        proxy.Process.Signal(Signals.Terminate);
        await proxy.WaitForLogAsync("gracefully shutting down");
        var probe = await ChildProcess.RunAsync(MailProxyServer.Program, "--probe", new Uri(proxy.Http, "readyz").ToString());
        Assert.Equal((1, $"mailproxy: {proxy.Http}readyz answers 503"), (probe.ExitCode, probe.Error));
        using var late = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(late);
        await Patience.UntilAsync(() => !Accepts(port), () => "the listener to be closed");
        Assert.Equal("+OK", await early.AskAsync("STAT"));
        Assert.Equal("+OK", await late.AskAsync("STAT"));

        Assert.Equal(0, await proxy.EndAsync(Signals.Terminate));
        Assert.Equal("", await early.ReadToEndAsync());
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task TERM_ends_with_the_last_session_and_systemd_is_told()
    {
        using var directory = new TempDirectory("notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(directory.Combine("socket")));
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        var server = new MailProxyServer { Environment = { ["NOTIFY_SOCKET"] = directory.Combine("socket") } };
        await using var proxy = await ProxyServer.StartAsync(server, Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol pop3; }}"));
        Assert.Equal("READY=1", await HearAsync(systemd));
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);

        proxy.Process.Signal(Signals.Terminate);
        await Patience.UntilAsync(() => !Accepts(port), () => "the listener to be closed");
        Assert.Equal("+OK", await client.AskAsync("STAT"));
        client.ShutdownSend();
        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(0, await proxy.Process.WaitForExitAsync());
        Assert.Equal("STOPPING=1", await HearAsync(systemd));
    }

    [Theory, Trait("Beyond", "nginx")]
    [InlineData("imap", "* BYE")]
    [InlineData("pop3", "-ERR [SYS/TEMP]")]
    [InlineData("smtp", "421 4.3.2")]
    public async Task QUIT_tells_those_who_have_not_logged_in_to_come_back(string protocol, string farewell)
    {
        await using var auth = AuthHttpServer.SendingTo(0);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol {protocol}; }}"));
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();

        proxy.Process.Signal(Signals.Quit);

        Assert.StartsWith(farewell, await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(0, await proxy.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task Worker_shutdown_timeout_ends_relayed_sessions()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(
            Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol pop3; }}"), "worker_shutdown_timeout 1s;");
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);

        Assert.Equal(0, await proxy.EndAsync(Signals.Quit));

        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Contains("shutdown timeout", proxy.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task INT_ends_every_session_at_once_without_a_word()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol pop3; }}"));
        using var relayed = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(relayed);
        using var waiting = await Peer.ConnectAsync(port);
        await waiting.ExpectAsync("+OK POP3 ready");

        Assert.Equal(0, await proxy.EndAsync(Signals.Interrupt));

        Assert.Equal("", await relayed.ReadToEndAsync());
        Assert.Equal("", await waiting.ReadToEndAsync());
        Assert.False(File.Exists(proxy.PidFile));
    }

    [Fact]
    public async Task USR1_opens_the_log_again()
    {
        await using var auth = AuthHttpServer.SendingTo(0);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(auth, $"server {{ listen 127.0.0.1:{port}; protocol imap; }}"));
        File.Move(proxy.LogFile, proxy.LogFile + ".1");

        proxy.Process.Signal(Signals.User1);
        await Patience.UntilAsync(() => File.Exists(proxy.LogFile), () => "a new log file");
        // Until the new file has taken the old one's place, which is later than that it is there, lines go to the old one.
        await Patience.UntilAsync(
            async () =>
            {
                using var client = await Peer.ConnectAsync(port);
                await client.ReadLineAsync();
                return proxy.Log.Contains("connected to 127.0.0.1:" + port, StringComparison.Ordinal);
            },
            () => "a line in the new log file");
    }

    private static string Mail(AuthHttpServer auth, string servers) => $"auth_http {auth.Url};\n{servers}";

    private static async Task<string> CapabilitiesAsync(int port)
    {
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        return await client.AskAsync("a CAPABILITY");
    }

    private static async Task<string> HearAsync(Socket systemd)
    {
        var buffer = new byte[256];
        return Encoding.ASCII.GetString(buffer, 0, await systemd.ReceiveAsync(buffer).WithinAsync("a word to systemd"));
    }

    private static bool Accepts(int port) => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, port));
}

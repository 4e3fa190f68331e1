using System.Diagnostics;
using System.Globalization;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Injection;

/// <summary>
/// <c>epoll_ctl()</c> fails on the loop's thread (<c>fs.epoll.max_user_watches</c> is reached): one connection is not to be
/// had, and all else goes on.
/// </summary>
[Trait("Beyond", "nginx")]
public sealed class LoopFailureTests
{
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(1);

    private const string Failure = "epoll_ctl() failed (28: No space left on device)";

    [Fact]
    public async Task A_client_that_the_loop_cannot_take_is_closed_and_the_next_is_served()
    {
        await using var stage = await Stage.StartAsync(failing: 1);
        using (var client = await Peer.ConnectAsync(stage.Port)) Assert.Equal("", await client.ReadToEndAsync());
        await stage.Proxy.WaitForLogAsync(Failure);
        await stage.AssertServesAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_server_that_the_loop_cannot_take_is_not_to_be_had_and_leaks_nothing(int failing)
    {
        await using var stage = await Stage.StartAsync(failing);
        using (var client = await Peer.ConnectAsync(stage.Port))
        {
            await client.ExpectAsync("+OK POP3 ready");
            Assert.Equal("+OK", await client.AskAsync("USER bad"));
            Assert.EndsWith(" internal server error", await client.AskAsync("PASS p"), StringComparison.Ordinal);
        }

        await stage.AssertServesAsync();
    }

    private sealed class Stage : IAsyncDisposable
    {
        private readonly PeerServer _upstream = Pop3Dialogue.Upstream();
        private readonly AuthHttpServer _auth;
        private ChildProcess _strace = null!;
        private int _sockets;

        private Stage() => _auth = AuthHttpServer.SendingTo(_upstream.Port);

        public int Port { get; } = FreePort.Take();

        public ProxyServer Proxy { get; private set; } = null!;

        /// <param name="failing">Which registration: 1 is the client's, 2 the auth server's, 3 the upstream's.</param>
        public static async Task<Stage> StartAsync(int failing)
        {
            var stage = new Stage();
            stage.Proxy = await ProxyServer.StartAsync(
                new MailProxyServer { IsOnLoops = true },
                $"auth_http {stage._auth.Url}; server {{ listen 127.0.0.1:{stage.Port}; protocol pop3; }}");
            await Peer.WaitForListenerAsync(stage.Proxy.Http.Port);
            await stage.LogInAsync();
            await stage.Proxy.WaitForLogAsync("proxied session done");
            // What that session had is closed by and by.
            stage._sockets = int.MaxValue;
            var since = Stopwatch.GetTimestamp();
            await Patience.UntilAsync(
                () => (stage._sockets = Math.Min(stage._sockets, stage.Proxy.Process.Sockets)) > 0 && Stopwatch.GetElapsedTime(since) > Settles,
                () => "the sockets to be counted");
            var thread = Directory.GetDirectories($"/proc/{stage.Proxy.Process.Id}/task")
                .Single(task => File.ReadAllText(Path.Combine(task, "comm")).StartsWith("mailproxy loop", StringComparison.Ordinal));
            stage._strace = ChildProcess.Start("strace", ["-p", Path.GetFileName(thread), "-e", string.Create(CultureInfo.InvariantCulture, $"inject=epoll_ctl:error=ENOSPC:when={failing}"), "-e", "trace=epoll_ctl"]);
            await Patience.UntilAsync(() => stage._strace.Error.Contains("attached", StringComparison.Ordinal), () => $"strace, which said: {stage._strace.Error}");
            return stage;
        }

        /// <summary>Another session is as it should be, and nothing of the failed one is left.</summary>
        public async Task AssertServesAsync()
        {
            await LogInAsync();
            await Patience.UntilAsync(() => Proxy.Process.Sockets <= _sockets, () => $"{Proxy.Process.Sockets} sockets to become {_sockets} again");
            Assert.Contains("(INJECTED)", _strace.Error, StringComparison.Ordinal);
            Assert.False(Proxy.Process.HasExited);
        }

        public async ValueTask DisposeAsync()
        {
            await _strace.DisposeAsync();
            await Proxy.DisposeAsync();
            await _auth.DisposeAsync();
            await _upstream.DisposeAsync();
        }

        private async Task LogInAsync()
        {
            using var client = await Peer.ConnectAsync(Port);
            await Pop3Dialogue.LogInAsync(client);
            Assert.Equal("+OK", await client.AskAsync("STAT"));
        }
    }
}

using System.Globalization;
using System.Net;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Directories;

/// <summary>Passwords where the machine gives neither threads nor memory any more.</summary>
[Trait("Beyond", "nginx")]
public sealed class PasswordLimitsTests : IAsyncLifetime
{
    private const string Refused = "a NO [AUTHENTICATIONFAILED] Authentication failed";

    private readonly TempDirectory _directory = new("limits");
    private readonly int _port = FreePort.Take();
    private ProxyServer? _proxy;

    public async ValueTask InitializeAsync()
    {
        // 64 MiB for each check.
        var costly = (await ChildProcess.RunAsync("doveadm", "pw", "-s", "ARGON2ID", "-p", "secret1")).Succeeded.Trim();
        var users = _directory.Combine("users");
        File.WriteAllText(users, $"alice:{costly}\nbob:{{PLAIN}}secret2\n");
        _proxy = await ProxyServer.StartAsync(new MailProxyServer(), $$"""
            passdb passwd-file {{users}} host=127.0.0.1;
            server { listen 127.0.0.1:{{_port}}; protocol imap; auth_http internal; }
            """);
        await Patience.UntilAsync(() => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, _proxy.Http.Port)), () => "the HTTP side");
        // All that a login takes is there from now on, but for what hashing takes.
        Assert.Equal(Refused, await LoginAsync("bob"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task No_thread_is_needed_for_a_password_that_was_not_there_at_the_start()
    {
        await using var limit = new ThreadLimit(_proxy!.Process);
        Assert.Equal(Refused, await LoginAsync("alice"));
        Assert.Equal(Refused, await LoginAsync("nobody"));
        Assert.False(_proxy.Process.HasExited);
    }

    [Fact]
    public async Task Without_memory_for_a_password_the_client_may_come_back_later()
    {
        await SetAddressSpaceAsync($"{VirtualBytes() + (32 << 20)}");
        Assert.Equal("a NO [UNAVAILABLE]", (await LoginAsync("alice"))[..18]);
        await _proxy!.WaitForLogAsync("cannot answer: there is no memory to hash an Argon2 password with, while user \"alice\" logs in");
        await SetAddressSpaceAsync("unlimited");
        Assert.Equal(Refused, await LoginAsync("alice"));
    }

    private async Task SetAddressSpaceAsync(string limit) =>
        (await ChildProcess.RunAsync("prlimit", "--pid", _proxy!.Process.Id.ToString(CultureInfo.InvariantCulture), $"--as={limit}:")).Succeeded.ToString();

    private long VirtualBytes()
    {
        var line = File.ReadLines($"/proc/{_proxy!.Process.Id}/status").First(line => line.StartsWith("VmSize:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private async Task<string> LoginAsync(string login)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port).WithinAsync("a connection");
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.StartsWith("* OK", await reader.ReadLineAsync().WithinAsync("a greeting"), StringComparison.Ordinal);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"a LOGIN {login} wrong\r\n"));
        return await reader.ReadLineAsync().WithinAsync("an answer") ?? "";
    }
}

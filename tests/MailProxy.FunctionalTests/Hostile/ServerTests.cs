using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Hostile;

/// <summary>Upstreams and auth servers that are broken in every way end one login, and nothing else.</summary>
public sealed class ServerTests
{
    private const int Much = 10 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private static readonly Dictionary<string, Func<Peer, Task>> Behaviours = new()
    {
        ["says nothing"] = peer => peer.ReadToEndAsync(),
        ["closes at once"] = _ => Task.CompletedTask,
        ["resets at once"] = peer =>
        {
            peer.Reset();
            return Task.CompletedTask;
        },
        ["drips"] = peer => HostileFront.DripAsync(peer, "+", Pause),
        ["drips lines"] = peer => HostileFront.DripAsync(peer, "X: y\r\n", Pause),
        ["sends much without a line end"] = peer => HostileFront.SendJunkAsync(peer, Much),
        ["sends a line and then much without an end"] = async peer =>
        {
            await peer.SendAsync("HTTP/1.0 200 OK\r\n");
            await HostileFront.SendJunkAsync(peer, Much);
        },
        ["sends lines for ever"] = peer => HostileFront.DripAsync(peer, string.Concat(Enumerable.Repeat("X: y\r\n", 1000)) + "X", TimeSpan.Zero),
        ["sends bytes that are no text"] = peer => peer.SendAsync("\0\x01\xff\r\n\0\r\n\r\n"),
    };

    public static TheoryData<string> Names => [.. Behaviours.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task An_upstream_that(string behaves)
    {
        await using var front = await HostileFront.StartAsync("timeout 1s;", upstream: Behaviours[behaves]);
        await front.WithstandLoginsAsync();
    }

    [Theory, MemberData(nameof(Names))]
    public async Task An_upstream_that_is_greeted_and_then(string behaves)
    {
        await using var front = await HostileFront.StartAsync("timeout 1s;", upstream: async peer =>
        {
            await peer.SendAsync("+OK up\r\n");
            await peer.ReadLineAsync();
            await Behaviours[behaves](peer);
        });
        await front.WithstandLoginsAsync();
    }

    [Theory, MemberData(nameof(Names))]
    public async Task An_auth_server_that(string behaves)
    {
        await using var front = await HostileFront.StartAsync("auth_http_timeout 1s;", auth: Behaviours[behaves]);
        await front.WithstandLoginsAsync();
    }

    [Fact]
    public async Task An_auth_server_whose_body_has_no_end_is_not_waited_for()
    {
        await using var front = await HostileFront.StartAsync(auth: async peer =>
        {
            await peer.SendAsync("HTTP/1.0 200 OK\r\n\r\n");
            await HostileFront.SendJunkAsync(peer, Much);
        });
        await front.WithstandLoginsAsync();
    }
}

using System.Collections.Concurrent;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Hostile;

public sealed class ClientTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task A_client_that_says_nothing_is_sent_away_by_the_timer()
    {
        await using var front = await HostileFront.StartAsync("timeout 1s;");
        await front.WithstandAsync(async client => Assert.Equal("+OK POP3 ready\r\n", await client.ReadToEndAsync()), crowd: 200);
    }

    [Fact]
    public async Task A_client_that_drips_is_sent_away_by_the_timer()
    {
        await using var front = await HostileFront.StartAsync("timeout 1s;");
        await front.WithstandAsync(client => HostileFront.DripAsync(client, " ", Pause));
    }

    [Fact]
    public async Task A_client_that_keeps_busy_without_logging_in_is_sent_away_by_the_timer()
    {
        await using var front = await HostileFront.StartAsync("timeout 1s;");
        await front.WithstandAsync(async client =>
        {
            var reading = client.ReadToEndAsync();
            await HostileFront.DripAsync(client, "NOOP\r\n", Pause);
            await reading;
        });
    }

    [Fact]
    public async Task A_line_without_an_end_is_refused()
    {
        await using var front = await HostileFront.StartAsync();
        await front.WithstandAsync(async client => Assert.True(await HostileFront.SendJunkAsync(client, 256 << 20) < 256 << 20));
    }

    [Fact]
    public async Task Commands_whose_replies_are_never_read_come_to_an_end()
    {
        await using var front = await HostileFront.StartAsync("timeout 1s;");
        await front.WithstandAsync(client => HostileFront.DripAsync(client, string.Concat(Enumerable.Repeat("CAPA\r\n", 20)), TimeSpan.Zero));
    }

    [Fact]
    public async Task Clients_that_reset_are_forgotten()
    {
        await using var front = await HostileFront.StartAsync();
        await front.WithstandAsync(
            async client =>
            {
                await client.SendAsync("USER a");
                client.Reset();
            },
            crowd: 300);
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_the_upstream_back()
    {
        var sent = new ConcurrentBag<long>();
        await using var front = await HostileFront.StartAsync("proxy_timeout 2s;", upstream: peer => Pop3Dialogue.ServeAsync(
            peer,
            async upstream =>
            {
                await upstream.ReadLineAsync();
                sent.Add(await HostileFront.SendJunkAsync(upstream, 1 << 30));
            }));
        await front.WithstandAsync(
            async client =>
            {
                client.Socket.ReceiveBufferSize = 4096;
                await Pop3Dialogue.LogInAsync(client);
                await client.SendAsync("RETR 1\r\n");
                await Patience.UntilAsync(() => sent.Count == 5, () => "the idle timer to end every session");
            },
            crowd: 5);
        Assert.All(sent, count => Assert.InRange(count, 1, 64 << 20));
    }

    [Fact]
    public async Task An_upstream_that_does_not_read_holds_the_client_back()
    {
        await using var front = await HostileFront.StartAsync("proxy_timeout 2s;", upstream: peer => Pop3Dialogue.ServeAsync(
            peer, _ => Task.Delay(Patience.Usual, TimeProvider.System)));
        await front.WithstandAsync(
            async client =>
            {
                await Pop3Dialogue.LogInAsync(client);
                Assert.InRange(await HostileFront.SendJunkAsync(client, 1 << 30), 1, 64 << 20);
            },
            crowd: 5);
    }
}

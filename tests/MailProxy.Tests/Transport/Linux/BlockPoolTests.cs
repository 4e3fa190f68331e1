using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>The debug mode that all stress tests rely on.</summary>
public sealed class BlockPoolTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public void A_block_is_overwritten_when_it_is_given_back(int size)
    {
        var pool = new BlockPool();
        var block = pool.Rent(size);
        block.AsSpan().Fill(1);
        pool.Return(block);
        Assert.All(block, value => Assert.Equal(0xDB, value));
    }

    [Fact]
    public async Task The_loops_scratch_is_overwritten_when_a_handler_has_returned()
    {
        await using var sockets = await RelayedSockets.ConnectAsync(onLoop: true);
        _ = sockets.RelayAsync();
        await sockets.TurnAsync();
        await sockets.Client.SayAsync("secret");
        await sockets.Upstream.ExpectAsync("secret");
        var seen = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        sockets.Loop!.Post(_ => seen.SetResult(sockets.Loop.Scratch[..6]), null);
        Assert.All(await seen.Task.WaitAsync(RelayedSockets.Deadline), value => Assert.Equal(0xDB, value));
    }
}

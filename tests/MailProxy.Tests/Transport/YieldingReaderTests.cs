using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using MailProxy.Transport.Managed;

namespace MailProxy.Tests.Transport;

public sealed class YieldingReaderTests
{
    [Fact]
    public async Task A_consumer_whose_peer_always_has_more_gives_its_thread_to_others()
    {
        var reader = new YieldingReader(new EndlessReader());
        var began = Stopwatch.GetTimestamp();
        var yields = 0;
        while (yields < 3 && Stopwatch.GetElapsedTime(began) < RelayedSockets.Deadline)
        {
            var read = reader.ReadAsync();
            if (!read.IsCompleted) yields++;
            Assert.Equal(1, (await read).Buffer.Length);
            reader.AdvanceTo(default);
        }

        Assert.Equal(3, yields);
    }

    [Fact]
    public async Task A_consumer_that_waits_anyway_is_not_held_up()
    {
        var pipe = new Pipe();
        var reader = new YieldingReader(pipe.Reader);
        for (var i = 0; i < 3; i++)
        {
            var waiting = reader.ReadAsync();
            Assert.False(waiting.IsCompleted);
            var now = Environment.TickCount64;
            SpinWait.SpinUntil(() => Environment.TickCount64 - now > 20);
            await pipe.Writer.WriteAsync(new byte[1]);
            reader.AdvanceTo((await waiting).Buffer.End);
            await pipe.Writer.WriteAsync(new byte[1]);
            var read = reader.ReadAsync();
            Assert.True(read.IsCompleted);
            reader.AdvanceTo((await read).Buffer.End);
        }
    }

    private sealed class EndlessReader : PipeReader
    {
        private static readonly ReadOnlySequence<byte> Byte = new([1]);

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(new ReadResult(Byte, false, false));

        public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

        public override void AdvanceTo(SequencePosition consumed)
        {
        }

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
        }

        public override void CancelPendingRead()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}

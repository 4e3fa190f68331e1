using System.Collections.Concurrent;
using System.IO.Pipes;
using System.Text;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;

namespace MailProxy.Tests.Observing;

public sealed class StreamLogSinkTests : IDisposable
{
    private readonly LogFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Many_threads_and_two_processes_never_tear_a_line()
    {
        const int threads = 8, lines = 2000;
        using (var one = StreamLogSink.OpenFile(_folder["log"], _folder.Time))
        using (var other = StreamLogSink.OpenFile(_folder["log"], _folder.Time))
        {
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
            {
                for (var i = 0; i < lines; i++) Write(thread % 2 == 0 ? one : other, $"{thread} {i} {new string((char)('a' + thread), i % 200)}.\n");
            });
        }

        var written = File.ReadAllLines(_folder["log"]);
        Assert.Equal(threads * lines, written.Length);
        var next = new int[threads];
        foreach (var line in written)
        {
            var parts = line.Split(' ');
            var (thread, i) = (int.Parse(parts[0]), int.Parse(parts[1]));
            Assert.Equal(next[thread]++, i);
            Assert.Equal(new string((char)('a' + thread), i % 200) + ".", parts[2]);
        }
    }

    [Fact]
    public void Reopening_under_load_loses_nothing()
    {
        const int threads = 4, lines = 2000, renames = 20;
        using (var sink = StreamLogSink.OpenFile(_folder["log"], _folder.Time))
        {
            var writing = Parallel.ForEachAsync(Enumerable.Range(0, threads), (thread, _) =>
            {
                for (var i = 0; i < lines; i++) Write(sink, $"{thread} {i}\n");
                return ValueTask.CompletedTask;
            });
            for (var i = 0; i < renames; i++)
            {
                File.Move(_folder["log"], _folder[$"log.{i}"]);
                sink.Reopen();
            }

            Assert.True(((IAsyncResult)writing).AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
        }

        var written = Enumerable.Range(0, renames).Select(i => $"log.{i}").Append("log").SelectMany(name => File.ReadLines(_folder[name]));
        Assert.Equal(threads * lines, new HashSet<string>(written).Count);
    }

    [Fact]
    public async Task A_reader_that_sleeps_holds_up_nobody_and_learns_what_it_missed()
    {
        using var server = new AnonymousPipeServerStream(PipeDirection.In);
        using var stream = new AnonymousPipeClientStream(PipeDirection.Out, server.ClientSafePipeHandle);
        var sink = new StreamLogSink(stream, null, _folder.Time, maxWaiting: 1000);
        // More than the pipe and the memory hold; no call waits.
        for (var i = 0; i < 20_000; i++) Write(sink, $"line {i}\n");

        using var reader = new StreamReader(server);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        string? line;
        var seen = 0;
        do
        {
            line = await reader.ReadLineAsync(deadline.Token);
            seen++;
            if (seen % 100 == 0) Write(sink, "another\n");
        }
        while (!line!.Contains("lines of this log were lost, because they could not be written", StringComparison.Ordinal));

        Assert.StartsWith(LogFolder.Head("alert"), line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_told_when_there_is_room_again()
    {
        using var stream = new FullStream();
        using (var sink = new StreamLogSink(stream, null, _folder.Time))
        {
            Write(sink, "lost\n");
            sink.Dispose();
            stream.IsFull = false;
            Write(sink, "kept\n");
        }

        Assert.Equal([$"{LogFolder.Head("alert")}1 lines of this log were lost, because they could not be written\n", "kept\n"], stream.Written);
    }

    [Fact]
    public void Waiting_lines_are_written_together()
    {
        using var stream = new FullStream { IsFull = false };
        using (var sink = new StreamLogSink(stream, null, _folder.Time))
        {
            lock (stream.Written)
            {
                for (var i = 0; i < 1000; i++) Write(sink, "x\n");
            }
        }

        Assert.InRange(stream.Written.Count, 1, 3);
        Assert.Equal(2000, stream.Written.Sum(piece => piece.Length));
    }

    private static void Write(StreamLogSink sink, string line) => sink.Write(Encoding.UTF8.GetBytes(line), ErrorLogLevel.Info, default);

    private sealed class FullStream : MemoryStream
    {
        public bool IsFull { get; set; } = true;

        public ConcurrentQueue<string> Written { get; } = new();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (IsFull) throw new IOException("No space left on device");
            lock (Written) Written.Enqueue(Encoding.UTF8.GetString(buffer));
        }
    }
}

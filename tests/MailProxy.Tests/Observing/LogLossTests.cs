using System.Diagnostics;
using System.Text;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace MailProxy.Tests.Observing;

/// <summary>Targets that take nothing, or not all: FIFOs, full disks, readers that sleep.</summary>
public sealed class LogLossTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly LogFolder _folder = new();
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly LogSinks _sinks;

    public LogLossTests() => _sinks = new LogSinks(TimeProvider.System, new LogMetrics(Metrics.WithCustomRegistry(_registry)));

    public void Dispose()
    {
        _sinks.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_fifo_without_a_reader_holds_up_nobody_and_its_lines_wait_for_one()
    {
        var fifo = MakeFifo();
        using var logs = Open([LogFolder.Log(fifo), LogFolder.Log(_folder["log"])]);
        _sinks.Report(ErrorLogLevel.Info, "waits");
        _sinks.Reopen();
        Assert.Equal("waits", TextOf(await ReadAsync(fifo, 1)));
        // The reader is gone, and the next one finds what came meanwhile.
        _sinks.Report(ErrorLogLevel.Info, "waits too");
        Assert.Equal("waits too", TextOf(await ReadAsync(fifo, 1)));
        Assert.Contains("mailproxy_log_lines_dropped_total{log=\"" + fifo + "\"} 0\n", await ExportAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_fifo_that_nobody_ever_reads_can_be_closed()
    {
        var began = Stopwatch.GetTimestamp();
        var logs = Open([LogFolder.Log(MakeFifo()), LogFolder.Log(_folder["log"])]);
        _sinks.Report(ErrorLogLevel.Info, "nobody reads this");
        logs.Dispose();
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Deadline);
    }

    [Fact]
    public async Task A_reader_that_is_stopped_holds_up_nobody_and_gets_whole_lines_and_the_number_of_the_others()
    {
        const int lines = 20_000;
        var fifo = MakeFifo();
        var counter = Metrics.WithCustomRegistry(_registry).CreateCounter("lost", "Lost.");
        var said = new List<string>();
        using var sink = StreamLogSink.OpenFile(fifo, TimeProvider.System, maxWaiting: 100_000);
        sink.Losses = new LogLosses(counter, said.Add, TimeProvider.System);
        Write(sink, "another.\n");
        using var reader = new StreamReader(await Task.Run(() => new FileStream(fifo, FileMode.Open, FileAccess.Read)).WaitAsync(Deadline));
        for (var i = 0; i < lines; i++) Write(sink, $"line {i} {new string('x', i % 300)}.\n");
        Assert.Equal(["\"" + fifo + "\" takes nothing, and 100000 bytes wait for it: further lines are dropped"], said);

        // Neither USR1 nor the end waits for it.
        var began = Stopwatch.GetTimestamp();
        sink.Reopen();
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(5));

        var (whole, lost) = (0, 0);
        while (lost == 0)
        {
            var line = (await reader.ReadLineAsync().WaitAsync(Deadline))!;
            // A line comes behind the note at the latest.
            if (whole % 100 == 0) Write(sink, "another.\n");
            if (line.Contains("lines of this log were lost", StringComparison.Ordinal)) lost = int.Parse(line.Split(": ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            else Assert.Matches("^(line [0-9]+ x*|another)\\.$", line);
            whole++;
        }

        Assert.InRange(lost, 1, counter.Value);
    }

    [Fact]
    public async Task A_full_disk_is_counted_and_said_once_in_every_other_log()
    {
        var options = new MailProxyOptions
        {
            ErrorLog = [LogFolder.Log(_folder["main"])],
            Servers = [new ServerOptions { ErrorLog = [LogFolder.Log(_folder["server"])], AccessLog = [new AccessLogOptions { Target = "/dev/full" }] }],
        };
        using (var logs = new ErrorLogSet(options, _sinks, NullLoggerFactory.Instance, TimeProvider.System))
        {
            var full = _sinks.Open("/dev/full");
            for (var i = 0; i < 5; i++)
            {
                Write(full, "line\n");
                // Each is a write of its own, all in one second or not.
                _sinks.Reopen();
            }

            Assert.Contains("mailproxy_log_lines_dropped_total{log=\"/dev/full\"} 5\n", await ExportAsync(), StringComparison.Ordinal);
            foreach (var name in new[] { "main", "server" })
                Assert.Equal("write() to \"/dev/full\" failed (28: No space left on device), its lines are dropped", TextOf(Assert.Single(File.ReadAllLines(_folder[name]))));
            _sinks.Close(full);
        }

        Assert.DoesNotContain("/dev/full", await ExportAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_a_full_disk_has_torn_is_ended_before_the_next()
    {
        var disk = new SmallDisk { Room = "first\nsec".Length };
        using var sink = new StreamLogSink(disk, null, "disk", _folder.Time);
        Write(sink, "first\n");
        Flush(sink);
        Write(sink, "second\n");
        Write(sink, "third\n");
        Flush(sink);
        disk.Room = 10_000;
        Write(sink, "fourth\n");
        Flush(sink);
        Assert.Equal($"first\nsec\n{LogFolder.Head("alert")}2 lines of this log were lost, because they could not be written\nfourth\n", disk.Text.ToString());

        static void Flush(StreamLogSink sink) => ((IThreadPoolWorkItem)sink).Execute();
    }

    [Theory]
    [InlineData("torn", "torn\nnext\n")]
    [InlineData("whole\n", "whole\nnext\n")]
    [InlineData("", "next\n")]
    public void A_file_that_ends_within_a_line_goes_on_with_a_new_one(string before, string after)
    {
        File.WriteAllText(_folder["log"], before);
        using (var sink = StreamLogSink.OpenFile(_folder["log"], _folder.Time)) Write(sink, "next\n");
        Assert.Equal(after, _folder.ReadNow("log"));
    }

    private ErrorLogSet Open(IList<ErrorLogOptions> logs) => new(new MailProxyOptions { ErrorLog = logs }, _sinks, NullLoggerFactory.Instance, TimeProvider.System);

    private string MakeFifo()
    {
        using var made = Process.Start("mkfifo", _folder["fifo"]);
        made.WaitForExit();
        return _folder["fifo"];
    }

    private static string TextOf(string line) => line[(line.IndexOf('#') + 1)..].Split(": ", 2)[1];

    private static async Task<string> ReadAsync(string fifo, int lines)
    {
        using var reader = new StreamReader(await Task.Run(() => new FileStream(fifo, FileMode.Open, FileAccess.Read)).WaitAsync(Deadline));
        var line = "";
        for (var i = 0; i < lines; i++) line = await reader.ReadLineAsync().WaitAsync(Deadline);
        return line!;
    }

    private async Task<string> ExportAsync()
    {
        await using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(LogSink sink, string line) => sink.Write(Encoding.UTF8.GetBytes(line), ErrorLogLevel.Info, default);

    /// <summary>Takes as much as there is room, and fails then.</summary>
    private sealed class SmallDisk : LogOutput
    {
        public int Room { get; set; }

        public StringBuilder Text { get; } = new();

        public override int Write(ReadOnlySpan<byte> bytes)
        {
            if (Room == 0) throw new IOException("28: No space left on device");
            var count = Math.Min(Room, bytes.Length);
            Text.Append(Encoding.UTF8.GetString(bytes[..count]));
            Room -= count;
            return count;
        }

        public override void Dispose()
        {
        }
    }
}

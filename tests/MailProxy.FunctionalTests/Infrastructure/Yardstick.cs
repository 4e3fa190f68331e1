using System.Diagnostics;
using System.Globalization;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>How busy the machine is just now.</summary>
internal static class Yardstick
{
    private const long Work = 50_000_000;   // ns

    /// <summary>How many times as long as on an idle machine it takes to get that much of a processor. At least 1.</summary>
    public static double Slowness()
    {
        var slowness = 1.0;
        var thread = new Thread(() =>
        {
            var (started, before) = (Stopwatch.GetTimestamp(), ProcessorTime());
            while (ProcessorTime() - before < Work)
            {
                // It is the work.
            }

            slowness = Math.Max(1, Stopwatch.GetElapsedTime(started).TotalNanoseconds / (ProcessorTime() - before));
        });
        thread.Start();
        thread.Join();
        return slowness;
    }

    /// <summary>What the thread has had of processors, in ns: the first number of <c>schedstat</c>.</summary>
    private static long ProcessorTime() => long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
}

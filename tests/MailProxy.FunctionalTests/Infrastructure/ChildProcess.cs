using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>A program that a test started: what it prints, signals to it, its end.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<ChildProcess, bool> Running = [];

    private readonly ConcurrentQueue<string> _error = new();
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;

    // A run that is broken off leaves nothing behind either.
    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var child in Running.Keys) child.Kill();
    };

    private ChildProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
    }

    public int Id => _process.Id;

    /// <summary>What ends it when its test is over.</summary>
    public int EndSignal { get; init; } = Signals.Terminate;

    public bool HasExited => _process.HasExited;

    public string Output => string.Join('\n', _output);

    public string Error => string.Join('\n', _error);

    /// <summary>The memory in use (VmRSS), in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>What its open descriptors are.</summary>
    public string[] Descriptors =>
        [.. Directory.GetFileSystemEntries($"/proc/{Id}/fd").Select(path => new FileInfo(path).LinkTarget).OfType<string>()];

    /// <summary>How many sockets it has open.</summary>
    public int Sockets => Descriptors.Count(link => link.StartsWith("socket:", StringComparison.Ordinal));

    public static ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool isTalkedTo = false, int endSignal = Signals.Terminate)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        var child = new ChildProcess(new Process { StartInfo = start }) { EndSignal = endSignal };
        child._process.Start();
        Running[child] = true;
        if (!isTalkedTo) child._process.StandardInput.Close();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProgramResult> RunAsync(string program, params string[] arguments)
    {
        await using var child = Start(program, arguments);
        var code = await child.WaitForExitAsync(TimeSpan.FromSeconds(60));
        return new ProgramResult(code, child.Output, child.Error);
    }

    /// <summary>Gives a program that is talked to a line of input.</summary>
    public void Say(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has just ended by itself: whoever waits for its end sees that.
        }
    }

    public void Signal(int signal)
    {
        if (kill(Id, signal) != 0) throw new InvalidOperationException($"kill({Id}, {signal}): {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Stops it, and then those that it has started, such as they are then. None of them does anything any more when this returns.</summary>
    public void Freeze()
    {
        Freeze(Id);
        foreach (var child in Children()) Freeze(child);
    }

    /// <summary>Lets it, and those that it has started, go on.</summary>
    public void Thaw()
    {
        Signal(Signals.Continue);
        foreach (var child in Children()) _ = kill(child, Signals.Continue);
    }

    public async Task<int> WaitForExitAsync(TimeSpan? limit = null)
    {
        // Waits for the end of both outputs as well.
        await _process.WaitForExitAsync().WithinAsync($"the end of {_process.StartInfo.FileName}, which said: {Error}", limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = kill(Id, EndSignal);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Kill();
            }
        }

        Running.TryRemove(this, out _);
        _process.Dispose();
    }

    private int[] Children() => [.. File.ReadAllText($"/proc/{Id}/task/{Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(child => int.Parse(child, CultureInfo.InvariantCulture))];

    /// <summary>A thread that works on another processor sees the signal some time after it was sent.</summary>
    private static void Freeze(int process)
    {
        if (kill(process, Signals.Stop) != 0) return;
        if (!SpinWait.SpinUntil(() => IsStopped(process), Patience.Usual)) throw new TimeoutException($"Process {process} does not stop.");
    }

    private static bool IsStopped(int process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process}/task").All(task => State(File.ReadAllText(Path.Combine(task, "stat"))) is 'T' or 'Z' or 'X');
        }
        catch (IOException)
        {
            // A thread has ended meanwhile, or all of it.
            return !Directory.Exists($"/proc/{process}");
        }
    }

    /// <summary>The letter behind the name, which may have blanks.</summary>
    private static char State(string stat) => stat[stat.LastIndexOf(')') + 2];

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null) lines.Enqueue(line);
    }

    /// <summary>Ends it and all that it started, without a word.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has just ended by itself.
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int process, int signal);
}

/// <summary>How a program ended and what it printed.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    /// <summary>The output of a program that must have succeeded.</summary>
    public string Succeeded => ExitCode == 0
        ? Output
        : throw new InvalidOperationException($"exit code {ExitCode}\n{Output}\n{Error}");
}

/// <summary>Numbers of signals on Linux.</summary>
internal static class Signals
{
    public const int HangUp = 1;
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int User1 = 10;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;
}

using System.Runtime.InteropServices;

namespace MailProxy.Server;

/// <summary>
/// Signals that no thread is interrupted by, and that one thread of ours waits for. .NET makes a thread for each signal
/// when it comes, and ends the process where the machine gives none. Linux only.
/// </summary>
internal static partial class BlockedSignals
{
    private const int Block = 0;

    // In siginfo_t of 64 bits the sender stands behind four ints.
    private const int SenderOffset = 16;

    /// <summary>Whether the process's signals wait for <see cref="Wait"/>.</summary>
    public static bool AreBlocked { get; private set; }

    /// <summary>
    /// Has every thread of the process begin with the signals blocked. Those that .NET has made already cannot be asked to:
    /// the program begins again, as the same process, and they inherit it.
    /// </summary>
    public static void BlockAll()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return;
        var before = new SignalSet();
        if (SetMask(Block, All(), ref before) != 0) return;
        AreBlocked = Enum.GetValues<ProcessSignal>().All(signal => Contains(before, (int)signal) == 1);
        if (!AreBlocked) NativeProcess.ExecuteAgain();
    }

    /// <summary>Waits for the next signal.</summary>
    /// <returns>The signal, and the process that sent it; 0 where the kernel did.</returns>
    public static (ProcessSignal Signal, int Sender) Wait()
    {
        var all = All();
        Span<byte> info = stackalloc byte[Marshal.SizeOf<SignalSet>()];
        while (true)
        {
            // A debugger, or the collector, may interrupt it.
            var signal = WaitForAny(all, ref MemoryMarshal.GetReference(info));
            if (signal > 0) return ((ProcessSignal)signal, MemoryMarshal.Read<int>(info[SenderOffset..]));
        }
    }

    private static SignalSet All()
    {
        var set = new SignalSet();
        foreach (var signal in Enum.GetValues<ProcessSignal>()) _ = Add(ref set, (int)signal);
        return set;
    }

    [LibraryImport("libc", EntryPoint = "sigaddset")]
    private static partial int Add(ref SignalSet set, int signal);

    [LibraryImport("libc", EntryPoint = "sigismember")]
    private static partial int Contains(in SignalSet set, int signal);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SetMask(int how, in SignalSet set, ref SignalSet before);

    [LibraryImport("libc", EntryPoint = "sigwaitinfo")]
    private static partial int WaitForAny(in SignalSet set, ref byte info);

    // sigset_t and siginfo_t have 128 bytes on every Linux; all 0 is the empty set.
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct SignalSet;
}

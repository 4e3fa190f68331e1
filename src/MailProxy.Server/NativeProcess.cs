using System.Runtime.InteropServices;

namespace MailProxy.Server;

/// <summary>What .NET cannot ask of the system about processes: to signal one, to become another account, to change a limit.</summary>
internal static partial class NativeProcess
{
    private const int OpenFilesLimit = 7;
    private const uint Unchanged = uint.MaxValue;
    private const int FileSizeSignal = 25;
    private const nint Ignore = 1;
    private const int GetFlags = 1;
    private const int CloseOnExec = 1;

    // In struct passwd and struct group the ids stand behind two pointers.
    private static readonly int IdOffset = 2 * nint.Size;
    private static readonly int GroupOffset = IdOffset + sizeof(uint);

    /// <exception cref="SystemCallException">The message is nginx's.</exception>
    public static void Signal(int process, ProcessSignal signal)
    {
        if (Kill(process, (int)signal) < 0) throw Failure($"kill({process}, {(int)signal}) failed");
    }

    /// <summary>Asks the system for an account.</summary>
    /// <param name="user">The account's name.</param>
    /// <param name="group">The group's name; null takes the account's own.</param>
    /// <exception cref="SystemCallException">It is not known; the message is nginx's.</exception>
    public static ProcessAccount FindAccount(string user, string? group)
    {
        var entry = FindUser(user);
        if (entry == 0) throw new SystemCallException($"getpwnam(\"{user}\") failed");
        var account = new ProcessAccount(user, (uint)Marshal.ReadInt32(entry, IdOffset), (uint)Marshal.ReadInt32(entry, GroupOffset));
        if (group is null) return account;
        var groupEntry = FindGroup(group);
        if (groupEntry == 0) throw new SystemCallException($"getgrnam(\"{group}\") failed");
        return account with { GroupId = (uint)Marshal.ReadInt32(groupEntry, IdOffset) };
    }

    /// <summary>Becomes an account for good, with its groups. On all threads.</summary>
    /// <exception cref="SystemCallException">We may not; the message is nginx's.</exception>
    public static void Become(ProcessAccount account)
    {
        if (SetGroup(account.GroupId) < 0) throw Failure($"setgid({account.GroupId}) failed");
        if (InitializeGroups(account.Name, account.GroupId) < 0) throw Failure($"initgroups({account.Name}, {account.GroupId}) failed");
        if (SetUser(account.UserId) < 0) throw Failure($"setuid({account.UserId}) failed");
    }

    /// <summary>
    /// Sees to what .NET takes from whoever started the program. It looks once, before any code of ours: so where something
    /// has to change, the program begins again, as the same process.
    /// </summary>
    public static void PrepareProcess()
    {
        if (!OperatingSystem.IsLinux()) return;
        // A log that has grown to a limit (RLIMIT_FSIZE) is one that takes no more, and no reason to die.
        _ = SetHandler(FileSizeSignal, Ignore);
        var isChanged = StopIgnoringSignals();
        if (OpenStandardStreams() || isChanged) ExecuteAgain();       // where that failed INT and QUIT kill, as is their default
    }

    /// <summary>Acts as an account for a moment, with its groups. On all threads.</summary>
    /// <exception cref="SystemCallException">We may not; the message is nginx's.</exception>
    public static T As<T>(ProcessAccount account, Func<T> action)
    {
        var groups = new uint[Math.Max(0, GetGroups(0, null))];
        if (GetGroups(groups.Length, groups) < 0) throw Failure("getgroups() failed");
        var (user, group) = (GetEffectiveUser(), GetEffectiveGroup());
        try
        {
            if (InitializeGroups(account.Name, account.GroupId) < 0) throw Failure($"initgroups({account.Name}, {account.GroupId}) failed");
            if (SetGroups(Unchanged, account.GroupId, Unchanged) < 0) throw Failure($"setresgid({account.GroupId}) failed");
            if (SetUsers(Unchanged, account.UserId, Unchanged) < 0) throw Failure($"setresuid({account.UserId}) failed");
            return action();
        }
        finally
        {
            Return(user, group, groups);
        }
    }

    private static void Return(uint user, uint group, uint[] groups)
    {
        // The user first: only root may set the others.
        if (SetUsers(Unchanged, user, Unchanged) < 0 || SetGroups(Unchanged, group, Unchanged) < 0 || SetGroupList((nuint)groups.Length, groups) < 0)
            throw Failure($"setresuid({user}) failed");
    }

    /// <summary>Takes INT and QUIT off the ignored signals: shells start background jobs with both ignored, which .NET leaves so and nginx does not.</summary>
    /// <returns>Whether one was ignored.</returns>
    private static bool StopIgnoringSignals()
    {
        var interrupt = StopIgnoring(2);
        return StopIgnoring(3) || interrupt;
    }

    /// <summary>
    /// Opens /dev/null where stdin, stdout or stderr is closed: a file or a socket would get its number, and everything that
    /// is written there. One that closes itself at an exec was not inherited: the runtime has opened it since.
    /// </summary>
    /// <returns>Whether one was closed.</returns>
    private static bool OpenStandardStreams()
    {
        const int StandardError = 2;
        var isChanged = false;
        for (var descriptor = 0; descriptor <= StandardError; descriptor++)
        {
            var flags = GetDescriptorFlags(descriptor, GetFlags);
            if (flags >= 0 && (flags & CloseOnExec) == 0) continue;
            var spare = -1;
            // A duplicate does not close itself at an exec.
            using (var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite)) spare = Duplicate((int)nothing.DangerousGetHandle());
            _ = DuplicateTo(spare, descriptor);
            if (spare > StandardError) _ = CloseDescriptor(spare);
            isChanged = true;
        }

        return isChanged;
    }

    /// <summary>How many files the process may open, and how many it could set that to.</summary>
    /// <exception cref="SystemCallException">The message is nginx's.</exception>
    public static (ulong Soft, ulong Hard) GetOpenFilesLimit() =>
        GetLimit(OpenFilesLimit, out var limit) < 0 ? throw Failure("getrlimit(RLIMIT_NOFILE) failed") : (limit.Soft, limit.Hard);

    /// <summary>Sets how many files the process may open (<c>worker_rlimit_nofile</c>), raising the hard limit where it is lower and we may.</summary>
    /// <exception cref="SystemCallException">The message is nginx's.</exception>
    public static void SetOpenFilesLimit(ulong count)
    {
        var limit = new Limit { Soft = count, Hard = Math.Max(GetOpenFilesLimit().Hard, count) };
        if (SetLimit(OpenFilesLimit, limit) < 0) throw Failure($"setrlimit(RLIMIT_NOFILE, {count}) failed");
    }

    /// <returns>Whether it was ignored.</returns>
    private static bool StopIgnoring(int signal)
    {
        const int ActionSize = 256;
        Span<byte> action = stackalloc byte[ActionSize];
        if (GetAction(signal, 0, ref MemoryMarshal.GetReference(action)) < 0 || MemoryMarshal.Read<nint>(action) != Ignore) return false;
        return SetHandler(signal, 0) == Ignore;
    }

    /// <summary>Begins the program again, as the same process, with what it inherits. Returns only where that failed.</summary>
    public static void ExecuteAgain()
    {
        var arguments = File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1];
        var vector = new nint[arguments.Length + 1];
        for (var i = 0; i < arguments.Length; i++) vector[i] = Marshal.StringToCoTaskMemUTF8(arguments[i]);
        _ = Execute("/proc/self/exe", vector);
    }

    private static SystemCallException Failure(string call)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new SystemCallException($"{call} ({errno}: {Marshal.GetPInvokeErrorMessage(errno)})");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int GetAction(int signal, nint newAction, ref byte oldAction);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Execute(string path, nint[] arguments);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int GetDescriptorFlags(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int DuplicateTo(int descriptor, int number);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "getpwnam", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint FindUser(string name);

    [LibraryImport("libc", EntryPoint = "getgrnam", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint FindGroup(string name);

    [LibraryImport("libc", EntryPoint = "initgroups", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int InitializeGroups(string user, uint group);

    [LibraryImport("libc", EntryPoint = "setgid", SetLastError = true)]
    private static partial int SetGroup(uint group);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint GetEffectiveGroup();

    [LibraryImport("libc", EntryPoint = "setresuid", SetLastError = true)]
    private static partial int SetUsers(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "setresgid", SetLastError = true)]
    private static partial int SetGroups(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "getgroups", SetLastError = true)]
    private static partial int GetGroups(int count, uint[]? groups);

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    private static partial int SetGroupList(nuint count, uint[] groups);

    [LibraryImport("libc", EntryPoint = "setuid", SetLastError = true)]
    private static partial int SetUser(uint user);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    // rlim_t has 64 bits on every Linux that .NET runs on with 64 bits.
    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}

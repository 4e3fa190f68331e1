using System.Runtime.InteropServices;
using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary><c>user</c>: an account, and a group.</summary>
internal sealed class UserGrammar : ValueGrammar
{
    public override (int Least, int Most) Arguments => (1, 2);

    public override string Syntax(ValueAttribute attribute) => "user [group]";

    public override void Read(DirectiveCall call)
    {
        var user = call.Arguments[0];
        var group = call.Arguments.Count > 1 ? call.Arguments[1] : null;
        if (!call.Context.IsPrivileged)
        {
            call.Report.Warn("the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored");
            return;
        }

        Check(user, group, call.Report);
        call.Set(user);
        if (group is not null) call.Set(nameof(MailProxyOptions.Group), group);
    }

    public override void ReadKey(DirectiveCall call) => call.Set(call.Arguments[0]);

    /// <summary>Checks the keys that name them, where the process can become another account; empty is none.</summary>
    public static void CheckKeys(SettingLevel main, LoadContext context, List<ConfigurationMessage> messages)
    {
        if (!context.IsPrivileged) return;
        if (main[nameof(MailProxyOptions.User)] is { Value: string { Length: > 0 } user } userSetting) Check(user, null, new Report(messages, userSetting.Where));
        if (main[nameof(MailProxyOptions.Group)] is { Value: string { Length: > 0 } group } groupSetting) Check(null, group, new Report(messages, groupSetting.Where));
    }

    private static void Check(string? user, string? group, Report report)
    {
        if (user is not null && !IsKnown(NativeMethods.getpwnam, user)) report.Error($"getpwnam(\"{user}\") failed");
        else if (group is not null && !IsKnown(NativeMethods.getgrnam, group)) report.Error($"getgrnam(\"{group}\") failed");
    }

    /// <summary>Asks the system's own functions, because accounts need not stand in files.</summary>
    private static bool IsKnown(Func<string, nint> find, string name)
    {
        try
        {
            return find(name) != 0;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return true;
        }
    }

    private static class NativeMethods
    {
        [DllImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern nint getpwnam([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

        [DllImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern nint getgrnam([MarshalAs(UnmanagedType.LPUTF8Str)] string name);
    }
}

using System.Globalization;

namespace MailProxy.Transport.OpenSsl;

/// <summary><c>ssl_session_cache</c> as OpenSSL's modes.</summary>
internal static class SessionCacheSettings
{
    private const int ControlSize = 42;
    private const int ControlMode = 44;
    private const int ModeOff = 0;
    private const int ModeServer = 0x0002;
    private const int ModeNoAutoClear = 0x0080;
    private const int ModeNoInternalStore = 0x0200;
    private const int ModeNoInternal = 0x0300;
    private const int DefaultSize = 20480;              // SSL_SESSION_CACHE_MAX_SIZE_DEFAULT

    /// <param name="context">What is told.</param>
    /// <param name="words">The directive's words.</param>
    /// <param name="useStore">Told which store <c>shared:</c> names.</param>
    public static void Apply(SslContextHandle context, IReadOnlyList<string> words, Action<SessionStore> useStore)
    {
        if (words.Contains("off"))
        {
            LibSsl.Control(context, ControlMode, ModeOff, 0);
            return;
        }

        var builtin = words.FirstOrDefault(word => word.StartsWith("builtin", StringComparison.Ordinal));
        var shared = words.FirstOrDefault(word => word.StartsWith("shared:", StringComparison.Ordinal));
        if (builtin is null && shared is null)
        {
            // none: some clients want to believe that sessions can be resumed.
            LibSsl.Control(context, ControlMode, ModeServer | ModeNoAutoClear | ModeNoInternalStore, 0);
            LibSsl.Control(context, ControlSize, 1, 0);
            return;
        }

        LibSsl.Control(context, ControlMode, builtin is null ? ModeServer | ModeNoAutoClear | ModeNoInternal : ModeServer, 0);
        if (builtin is not null) LibSsl.Control(context, ControlSize, SizeOf(builtin), 0);
        if (shared?.Split(':') is [_, var name, var size]) useStore(SessionStore.Named(name, ParseSize(size)));
    }

    private static int SizeOf(string builtin) =>
        builtin.Split(':') is [_, var count] && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : DefaultSize;

    private static long ParseSize(string size)
    {
        var unit = char.ToLowerInvariant(size[^1]) switch { 'k' => 1024, 'm' => 1024 * 1024, _ => 1 };
        return long.Parse(unit == 1 ? size : size[..^1], NumberStyles.None, CultureInfo.InvariantCulture) * unit;
    }
}

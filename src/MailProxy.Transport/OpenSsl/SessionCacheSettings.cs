using MailProxy.Transport.Tls;

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
    public static void Apply(SslContextHandle context, IReadOnlyList<SessionCacheSetting> words, Action<SessionStore> useStore)
    {
        if (words.Any(word => word.Kind == SessionCacheKind.Off))
        {
            LibSsl.Control(context, ControlMode, ModeOff, 0);
            return;
        }

        var builtin = words.FirstOrDefault(word => word.Kind == SessionCacheKind.Builtin);
        var shared = words.FirstOrDefault(word => word.Kind == SessionCacheKind.Shared);
        if (builtin is null && shared is null)
        {
            // none: some clients want to believe that sessions can be resumed.
            LibSsl.Control(context, ControlMode, ModeServer | ModeNoAutoClear | ModeNoInternalStore, 0);
            LibSsl.Control(context, ControlSize, 1, 0);
            return;
        }

        LibSsl.Control(context, ControlMode, builtin is null ? ModeServer | ModeNoAutoClear | ModeNoInternal : ModeServer, 0);
        if (builtin is not null) LibSsl.Control(context, ControlSize, builtin.Size ?? DefaultSize, 0);
        if (shared is { Zone: { } name, Size: { } size }) useStore(SessionStore.Named(name, size));
    }
}

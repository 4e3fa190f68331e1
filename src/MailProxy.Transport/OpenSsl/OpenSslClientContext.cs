using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>Handshakes with servers. The last session of each target is kept, to be resumed.</summary>
internal sealed unsafe class OpenSslClientContext : TlsClientContext
{
    private const int ControlMode = 44;
    private const int ModeClientOutside = 0x0001 | 0x0300;     // SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
    private const int ControlServerName = 55;

    private readonly SslContextHandle _handle = LibSsl.NewContext(LibSsl.ClientMethod());
    private readonly ConcurrentDictionary<string, SslSessionHandle> _sessions = new();
    private readonly bool _verifies;

    /// <exception cref="TlsConfigurationException">A file or a value will not do.</exception>
    public OpenSslClientContext(TlsClientOptions options)
    {
        LibCrypto.ClearErrors();
        if (_handle.IsInvalid) throw OpenSslError.Configuration("SSL_CTX_new()");
        ContextSettings.ApplyCommon(_handle);
        ContextSettings.SetProtocols(_handle, options.Protocols);
        ContextSettings.SetCiphers(_handle, options.Ciphers);
        if (options.Certificate is { } own)
        {
            using var pair = LoadedPair.Load(own, options.PasswordFile);
            ContextSettings.Use(_handle, pair);
        }

        _verifies = options.Verify;
        if (_verifies)
        {
            LibSsl.SetVerifyDepth(_handle, options.VerifyDepth);
            if (options.TrustedCertificate is { } trusted) ContextSettings.Trust(_handle, trusted);
            else _ = LibSsl.SetDefaultVerifyPaths(_handle);
            ContextSettings.SetCrl(_handle, options.Crl);
        }

        if (!options.SessionReuse) return;
        LibSsl.Control(_handle, ControlMode, ModeClientOutside, 0);
        LibSsl.OnNewSession(_handle, &KeepSession);
    }

    /// <summary>Begins a session as the client. On the connection's loop.</summary>
    public OpenSslSession Connect(EpollConnection connection, TlsTarget target)
    {
        var ssl = LibSsl.New(_handle);
        if (ssl == 0) throw new TlsException(TlsFailure.Handshake, "SSL_new() failed" + OpenSslError.Take());
        LibSsl.SetConnectState(ssl);
        if (target.SendName && OpenSslSession.IsHostName(target.Name)) _ = LibSsl.SslControl(ssl, ControlServerName, 0, target.Name);
        if (_sessions.TryGetValue(target.SessionKey, out var session)) _ = LibSsl.SetSession(ssl, session);
        return new OpenSslSession(connection, this, ssl, target);
    }

    /// <summary>Refuses a server that is not whom we expect.</summary>
    /// <exception cref="TlsException">Its chain or its name is not good.</exception>
    public void Check(OpenSslSession session)
    {
        if (_verifies) session.CheckServer();
    }

    [UnmanagedCallersOnly]
    private static int KeepSession(nint ssl, nint session)
    {
        try
        {
            if (LoopBio.Current is not { Context: OpenSslClientContext context, Target: { } target }) return 0;
            // The collector frees the one before, which another loop may be about to use.
            context._sessions[target.SessionKey] = new SslSessionHandle(session);
            return 1;                                          // the reference is ours now
        }
        catch (Exception exception)
        {
            StrayErrors.Report("keeping a TLS session", exception);
            return 0;
        }
    }
}

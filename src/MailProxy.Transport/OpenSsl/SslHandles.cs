using System.Runtime.InteropServices;

namespace MailProxy.Transport.OpenSsl;

/// <summary>An SSL_CTX. OpenSSL counts the connections that use it as well, so the collector may free it at any time.</summary>
internal sealed class SslContextHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibSsl.FreeContext(handle);
        return true;
    }
}

/// <summary>An SSL_SESSION that a later connection may resume.</summary>
internal sealed class SslSessionHandle : SafeHandle
{
    public SslSessionHandle(nint session) : base(0, ownsHandle: true) => SetHandle(session);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibSsl.FreeSession(handle);
        return true;
    }
}

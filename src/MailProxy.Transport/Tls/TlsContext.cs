namespace MailProxy.Transport.Tls;

/// <summary>All that the handshakes of one <c>server</c> have in common. The collector frees it once its last connection is gone.</summary>
internal abstract class TlsServerContext
{
    /// <summary>The certificates, in the order of the options.</summary>
    public abstract IReadOnlyList<TlsCertificate> Certificates { get; }
}

/// <summary>All that the handshakes with servers have in common. The collector frees it once its last connection is gone.</summary>
internal abstract class TlsClientContext;

/// <summary>A certificate of ours, as far as operators want to know.</summary>
/// <param name="Source">The option's value: a path, or <c>data:</c> without the data.</param>
/// <param name="Names">DNS names of the subject alternative name, in lower case; the common name where there are none.</param>
/// <param name="NotAfter">When it expires.</param>
internal sealed record TlsCertificate(string Source, IReadOnlyList<string> Names, DateTimeOffset NotAfter);

using System.Net.Security;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>The facts of an <see cref="SslStream"/>.</summary>
internal sealed class ManagedTlsSession(SslStream stream) : TlsSession
{
    public override string Protocol => stream.SslProtocol.ToString().Replace("Tls", "TLSv1.", StringComparison.Ordinal).Replace("TLSv1.1", "TLSv1.", StringComparison.Ordinal);

    public override string Cipher => stream.NegotiatedCipherSuite.ToString();

    public override string? ServerName => stream.TargetHostName;

    public override string? ApplicationProtocol => stream.NegotiatedApplicationProtocol.ToString();

    public override bool IsResumed => false;

    public override TlsVerification Verification => default;

    public override bool HasPeerCertificate => stream.RemoteCertificate is not null;

    public override TlsPeerCertificate? ReadPeerCertificate() => null;

    public override (string Signature, string Key) ReadOwnAlgorithms() => ("", "");
}

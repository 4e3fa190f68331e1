using System.Security.Cryptography.X509Certificates;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>What OpenSSL would say of a chain that .NET has built. Where several things are wrong, the one that OpenSSL finds last.</summary>
internal static class ChainVerdict
{
    private static readonly TlsVerification Good = new(0, "ok");

    /// <summary>How chains are to be built, without any request to anyone.</summary>
    /// <param name="trusted">The certificates that chains may end in; null for the system's.</param>
    public static X509ChainPolicy Policy(X509Certificate2Collection? trusted)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (trusted is null) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(trusted);
        return policy;
    }

    /// <param name="chain">The chain; null where none could be built.</param>
    /// <param name="depth">How many certificates may stand between the peer's and a trusted one.</param>
    /// <param name="now">The time.</param>
    public static TlsVerification Of(X509Chain? chain, int depth, DateTimeOffset now)
    {
        if (chain is null || chain.ChainElements.Count == 0) return new TlsVerification(1, "unspecified certificate verification error");
        var faults = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        if (faults.HasFlag(X509ChainStatusFlags.NotTimeValid)) return OfTime(chain, now);
        if (faults.HasFlag(X509ChainStatusFlags.NotSignatureValid)) return new TlsVerification(7, "certificate signature failure");
        var isAlone = chain.ChainElements.Count == 1;
        if (faults.HasFlag(X509ChainStatusFlags.PartialChain) && isAlone) return new TlsVerification(21, "unable to verify the first certificate");
        if (faults.HasFlag(X509ChainStatusFlags.NotValidForUsage)) return new TlsVerification(26, "unsuitable certificate purpose");
        if (faults.HasFlag(X509ChainStatusFlags.InvalidBasicConstraints)) return new TlsVerification(79, "invalid CA certificate");
        if (faults.HasFlag(X509ChainStatusFlags.PartialChain)) return new TlsVerification(20, "unable to get local issuer certificate");
        if (faults.HasFlag(X509ChainStatusFlags.UntrustedRoot))
            return isAlone ? new TlsVerification(18, "self-signed certificate") : new TlsVerification(19, "self-signed certificate in certificate chain");
        if (faults != X509ChainStatusFlags.NoError) return new TlsVerification(1, "unspecified certificate verification error");
        return chain.ChainElements.Count > depth + 2 ? new TlsVerification(22, "certificate chain too long") : Good;
    }

    /// <summary>OpenSSL looks at the peer's own certificate last.</summary>
    private static TlsVerification OfTime(X509Chain chain, DateTimeOffset now)
    {
        var first = (chain.ChainElements.FirstOrDefault(element => element.Certificate.NotAfter < now || element.Certificate.NotBefore > now) ?? chain.ChainElements[0]).Certificate;
        return first.NotBefore > now ? new TlsVerification(9, "certificate is not yet valid") : new TlsVerification(10, "certificate has expired");
    }
}

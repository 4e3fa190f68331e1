using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MailProxy.Transport.Managed;

/// <summary>How a server's certificate is judged in one handshake, and what was wrong with it.</summary>
internal sealed class CertificateCheck
{
    private readonly string _targetHost;

    public CertificateCheck(string targetHost, X509Certificate2Collection? trustedRoots)
    {
        _targetHost = targetHost;
        Settings = new SslClientAuthenticationOptions { TargetHost = targetHost, RemoteCertificateValidationCallback = (_, _, chain, errors) => Accept(chain, errors) };
        if (trustedRoots is null) return;
        Settings.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        Settings.CertificateChainPolicy.CustomTrustStore.AddRange(trustedRoots);
    }

    public SslClientAuthenticationOptions Settings { get; }

    /// <summary>Why the certificate was refused; null where it was not.</summary>
    public string? Refusal { get; private set; }

    private bool Accept(X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None) return true;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) Refusal = "the server sent no certificate";
        else if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)) Refusal = $"certificate verify error: {Describe(chain)}";
        else Refusal = $"certificate does not match \"{_targetHost}\"";
        return false;
    }

    private static string Describe(X509Chain? chain) =>
        string.Join(", ", (chain?.ChainStatus ?? []).Select(status => string.IsNullOrEmpty(status.StatusInformation) ? status.Status.ToString() : $"{status.Status} ({status.StatusInformation.TrimEnd()})"));
}

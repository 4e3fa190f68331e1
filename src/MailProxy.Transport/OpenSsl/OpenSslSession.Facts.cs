using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>What the handshake came to, asked of OpenSSL when somebody wants to know.</summary>
internal sealed unsafe partial class OpenSslSession
{
    private static readonly ConcurrentDictionary<nint, string> Names = new();

    private string? _protocol;
    private string? _cipher;

    public override string Protocol => _protocol ?? NameOf(LibSsl.Version(_ssl));

    public override string Cipher => _cipher ?? NameOf(LibSsl.CipherName(LibSsl.CurrentCipher(_ssl)));

    public override string? ServerName => _ssl == 0 ? null : Marshal.PtrToStringUTF8(LibSsl.ServerName(_ssl, 0));

    public override string? ApplicationProtocol
    {
        get
        {
            if (_ssl == 0) return null;
            byte* name;
            uint length;
            LibSsl.ApplicationProtocol(_ssl, &name, &length);
            return length == 0 ? null : Marshal.PtrToStringUTF8((nint)name, (int)length);
        }
    }

    public override bool IsResumed => _ssl != 0 && LibSsl.IsResumed(_ssl) != 0;

    public override TlsVerification Verification
    {
        get
        {
            var code = _ssl == 0 ? 0 : LibSsl.VerifyResult(_ssl);
            return code == 0 ? default : new TlsVerification((int)code, NameOf(LibCrypto.VerifyText(code)));
        }
    }

    public override bool HasPeerCertificate
    {
        get
        {
            using var certificate = PeerCertificate();
            return !certificate.IsInvalid;
        }
    }

    public override TlsPeerCertificate? ReadPeerCertificate()
    {
        using var certificate = PeerCertificate();
        return certificate.IsInvalid ? null : certificate.Describe();
    }

    public override (string Signature, string Key) ReadOwnAlgorithms()
    {
        var certificate = _ssl == 0 ? 0 : LibSsl.OwnCertificate(_ssl);
        return certificate == 0 ? ("", "") : CertificateReader.Algorithms(certificate);
    }

    /// <summary>Refuses a server that is not the target.</summary>
    /// <exception cref="TlsException">Its chain or its name is not good.</exception>
    public void CheckServer()
    {
        var verification = Verification;
        if (!verification.IsGood) throw new TlsException(TlsFailure.Verification, $"certificate verify error: ({verification.Code}:{verification.Text})");
        using var certificate = PeerCertificate();
        var isNamed = !certificate.IsInvalid && certificate.IsFor(Target!.Name);
        if (!isNamed) throw new TlsException(TlsFailure.Name, $"certificate does not match \"{Target!.Name}\"");
    }

    /// <summary>Whether a name may be sent as SNI.</summary>
    public static bool IsHostName(string name) => name.Length > 0 && !IPAddress.TryParse(name, out _);

    private CertificateReader PeerCertificate() => new(_ssl == 0 ? 0 : LibSsl.PeerCertificate(_ssl));

    private void KeepFacts()
    {
        if (IsHandshaking) return;
        (_protocol, _cipher) = (Protocol, Cipher);
    }

    /// <summary>OpenSSL's names are constants: each is made a string once.</summary>
    private static string NameOf(nint text) => text == 0 ? "" : Names.GetOrAdd(text, static text => Marshal.PtrToStringUTF8(text)!);
}

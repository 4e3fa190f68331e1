using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailProxy.Transport.Managed;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Linux.OpenSsl;

/// <summary>A peer's X509, read by OpenSSL so that every byte is nginx's.</summary>
internal readonly unsafe struct PeerCertificateReader(nint certificate) : IDisposable
{
    private const int ControlInfo = 3;
    private const nuint Rfc2253 = 0x1110317;       // XN_FLAG_RFC2253
    private const int Rsa = 6;
    private const int RsaPss = 912;

    public bool IsInvalid => certificate == 0;

    public void Dispose() => LibCrypto.FreeCertificate(certificate);

    public bool IsFor(string name) => IPAddress.TryParse(name, out _)
        ? LibCrypto.CheckAddress(certificate, name, 0) == 1
        : LibCrypto.CheckHost(certificate, name, 0, 0, 0) == 1;

    public TlsPeerCertificate Describe()
    {
        var subject = Name(LibCrypto.Subject(certificate));
        return new TlsPeerCertificate(
            subject,
            Name(LibCrypto.Issuer(certificate)),
            Print(LibCrypto.Serial(certificate), static (bio, serial) => LibCrypto.PrintInteger(bio, serial)),
            Fingerprint(),
            CommonName(),
            Print(certificate, static (bio, certificate) => LibCrypto.WriteCertificate(bio, certificate)));
    }

    /// <summary>How a certificate is signed and which key it holds, as HAProxy and nginx write it into TLVs.</summary>
    public static (string Signature, string Key) Algorithms(nint certificate)
    {
        var key = LibCrypto.PublicKey(certificate);
        var type = LibCrypto.KeyType(key);
        var name = type is Rsa or RsaPss ? "RSA" : type == 116 ? "DSA" : type == 408 ? "EC" : Marshal.PtrToStringUTF8(LibCrypto.ShortName(type));
        return (Marshal.PtrToStringUTF8(LibCrypto.ShortName(LibCrypto.SignatureType(certificate))) ?? "",
            string.Create(CultureInfo.InvariantCulture, $"{name}{LibCrypto.KeyBits(key)}"));
    }

    public static byte[] Der(nint certificate)
    {
        var length = LibCrypto.WriteDer(certificate, null);
        var der = new byte[length];
        fixed (byte* start = der)
        {
            var end = start;
            _ = LibCrypto.WriteDer(certificate, &end);
        }

        return der;
    }

#pragma warning disable CA5350 // nginx's Auth-SSL-Fingerprint is SHA-1; it identifies and protects nothing.
    private string Fingerprint() => Convert.ToHexStringLower(SHA1.HashData(Der(certificate)));
#pragma warning restore CA5350

    private string? CommonName()
    {
        using var managed = X509CertificateLoader.LoadCertificate(Der(certificate));
        return CertificateText.CommonNameOf(managed);
    }

    private static string Name(nint name) => Print(name, static (bio, name) => LibCrypto.PrintName(bio, name, 0, Rfc2253));

    private static string Print(nint value, Func<nint, nint, int> print)
    {
        var bio = LibCrypto.NewBio(LibCrypto.MemoryMethod());
        try
        {
            if (print(bio, value) <= 0) return "";
            nint data;
            var length = (int)LibCrypto.ControlBio(bio, ControlInfo, 0, &data);
            return Encoding.UTF8.GetString(new ReadOnlySpan<byte>((void*)data, length));
        }
        finally
        {
            _ = LibCrypto.FreeBio(bio);
        }
    }
}

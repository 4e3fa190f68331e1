using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>
/// An X509, ours or a peer's, read by OpenSSL alone: every byte is nginx's, and a certificate that OpenSSL takes has facts,
/// whatever .NET would say of it.
/// </summary>
/// <param name="certificate">The X509; 0 for none.</param>
internal readonly unsafe struct CertificateReader(nint certificate) : IDisposable
{
    private const int ControlInfo = 3;
    private const nuint Rfc2253 = 0x1110317;       // XN_FLAG_RFC2253
    private const int Rsa = 6;
    private const int RsaPss = 912;
    private const int CommonNameId = 13;
    private const int AlternativeNameId = 85;
    private const int DnsName = 2;

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

    /// <summary>The DNS names of the subject alternative name, in lower case; the common name where there are none, or they cannot be read (RFC 6125 section 6.4.4).</summary>
    public IReadOnlyList<string> ReadNames()
    {
        List<string> names = [];
        var alternatives = LibCrypto.Extension(certificate, AlternativeNameId, null, null);
        for (var i = 0; alternatives != 0 && i < LibCrypto.Count(alternatives); i++)
        {
            int type;
            var value = LibCrypto.GeneralName(LibCrypto.At(alternatives, i), &type);
            if (type == DnsName) names.Add(Encoding.UTF8.GetString(LibCrypto.StringData(value), LibCrypto.StringLength(value)).ToLowerInvariant());
        }

        LibCrypto.FreeGeneralNames(alternatives);
        LibCrypto.ClearErrors();
        return names.Count > 0 ? names : CommonName() is { } name ? [name.ToLowerInvariant()] : [];
    }

    /// <summary>When it expires; long ago where that is no time, which is what clients say too.</summary>
    public DateTimeOffset ReadNotAfter()
    {
        int days, seconds;
        var epoch = LibCrypto.NewTime(0, 0);
        var isTime = LibCrypto.Difference(&days, &seconds, epoch, LibCrypto.NotAfter(certificate)) == 1;
        LibCrypto.FreeTime(epoch);
        LibCrypto.ClearErrors();
        return isTime ? DateTimeOffset.UnixEpoch.AddDays(days).AddSeconds(seconds) : DateTimeOffset.UnixEpoch;
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

    private static byte[] Der(nint certificate)
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

    /// <summary>The last of the subject; null without one.</summary>
    private string? CommonName()
    {
        var subject = LibCrypto.Subject(certificate);
        var last = -1;
        while (LibCrypto.FindAttribute(subject, CommonNameId, last) is var next and >= 0) last = next;
        if (last < 0) return null;
        byte* text;
        var length = LibCrypto.ToUtf8(&text, LibCrypto.AttributeValue(LibCrypto.Attribute(subject, last)));
        LibCrypto.ClearErrors();
        if (length < 0) return null;
        var name = Encoding.UTF8.GetString(text, length);
        LibCrypto.Free(text, 0, 0);
        return name;
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

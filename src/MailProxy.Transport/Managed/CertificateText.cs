using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>Certificates in OpenSSL's words.</summary>
internal static class CertificateText
{
    private const string CommonName = "2.5.4.3";
    private const string AlternativeName = "2.5.29.17";

    private static readonly Dictionary<string, string> Attributes = new()
    {
        [CommonName] = "CN",
        ["2.5.4.4"] = "SN",
        ["2.5.4.5"] = "serialNumber",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "ST",
        ["2.5.4.9"] = "street",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
        ["2.5.4.12"] = "title",
        ["2.5.4.13"] = "description",
        ["2.5.4.17"] = "postalCode",
        ["2.5.4.41"] = "name",
        ["2.5.4.42"] = "GN",
        ["2.5.4.43"] = "initials",
        ["2.5.4.44"] = "generationQualifier",
        ["2.5.4.46"] = "dnQualifier",
        ["2.5.4.65"] = "pseudonym",
        ["2.5.4.97"] = "organizationIdentifier",
        ["0.9.2342.19200300.100.1.1"] = "UID",
        ["0.9.2342.19200300.100.1.25"] = "DC",
        ["1.2.840.113549.1.9.1"] = "emailAddress",
        ["1.2.840.113549.1.9.2"] = "unstructuredName",
        ["1.3.6.1.4.1.311.60.2.1.1"] = "jurisdictionL",
        ["1.3.6.1.4.1.311.60.2.1.2"] = "jurisdictionST",
        ["1.3.6.1.4.1.311.60.2.1.3"] = "jurisdictionC",
        ["2.5.4.15"] = "businessCategory",
    };

    private static readonly Dictionary<string, string> Signatures = new()
    {
        ["1.2.840.113549.1.1.5"] = "RSA-SHA1",
        ["1.2.840.113549.1.1.10"] = "RSASSA-PSS",
        ["1.2.840.113549.1.1.11"] = "RSA-SHA256",
        ["1.2.840.113549.1.1.12"] = "RSA-SHA384",
        ["1.2.840.113549.1.1.13"] = "RSA-SHA512",
        ["1.2.840.10045.4.1"] = "ecdsa-with-SHA1",
        ["1.2.840.10045.4.3.2"] = "ecdsa-with-SHA256",
        ["1.2.840.10045.4.3.3"] = "ecdsa-with-SHA384",
        ["1.2.840.10045.4.3.4"] = "ecdsa-with-SHA512",
    };

    public static TlsPeerCertificate Describe(X509Certificate2 certificate) => new(
        Name(certificate.SubjectName),
        Name(certificate.IssuerName),
        SerialOf(certificate),
        Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA1)),
        CommonNameOf(certificate),
        certificate.ExportCertificatePem() + "\n");

    /// <summary>The last common name of the subject; null without one.</summary>
    public static string? CommonNameOf(X509Certificate2 certificate) => Parts(certificate.SubjectName)
        .SelectMany(part => part).Where(attribute => attribute.Type == CommonName).Select(attribute => TextOf(attribute.Value)).LastOrDefault();

    /// <summary>The DNS names of the subject alternative name, in lower case; the common name where there are none, or they cannot be read (RFC 6125 section 6.4.4).</summary>
    public static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        var alternatives = certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == AlternativeName) is { } extension ? DnsNamesOf(extension.RawData) : [];
        return alternatives.Count > 0 ? alternatives : CommonNameOf(certificate) is { } name ? [name.ToLowerInvariant()] : [];
    }

    /// <summary>As OpenSSL reads them: .NET refuses all of them for one that is not ASCII, or for an address of three bytes beside them.</summary>
    private static List<string> DnsNamesOf(byte[] extension)
    {
        var isDns = new Asn1Tag(TagClass.ContextSpecific, 2);
        List<string> names = [];
        try
        {
            var reader = new AsnReader(extension, AsnEncodingRules.BER).ReadSequence();
            while (reader.HasData)
            {
                if (reader.PeekTag().HasSameClassAndValue(isDns)) names.Add(Encoding.UTF8.GetString(reader.ReadOctetString(isDns)).ToLowerInvariant());
                else reader.ReadEncodedValue();
            }

            return names;
        }
        catch (AsnContentException)
        {
            return [];
        }
    }

    /// <summary>The algorithms of a certificate as HAProxy names them.</summary>
    public static (string Signature, string Key) Algorithms(X509Certificate2 certificate)
    {
        var signature = certificate.SignatureAlgorithm.Value ?? "";
        using var rsa = certificate.GetRSAPublicKey();
        using var curve = certificate.GetECDsaPublicKey();
        var key = rsa is not null ? $"RSA{rsa.KeySize}" : curve is not null ? $"EC{curve.KeySize}" : "";
        return (Signatures.GetValueOrDefault(signature, signature), key);
    }

    /// <summary>A name as OpenSSL's XN_FLAG_RFC2253 prints it.</summary>
    public static string Name(X500DistinguishedName name) => string.Join(',', Parts(name).AsEnumerable().Reverse().Select(part => string.Join('+', part.AsEnumerable().Reverse().Select(Show))));

    private static string SerialOf(X509Certificate2 certificate)
    {
        var serial = certificate.SerialNumber;
        return serial.Length > 2 && serial.StartsWith("00", StringComparison.Ordinal) ? serial[2..] : serial;
    }

    private static List<List<(string Type, ReadOnlyMemory<byte> Value)>> Parts(X500DistinguishedName name)
    {
        var parts = new List<List<(string, ReadOnlyMemory<byte>)>>();
        var names = new AsnReader(name.RawData, AsnEncodingRules.BER).ReadSequence();
        while (names.HasData)
        {
            var part = new List<(string, ReadOnlyMemory<byte>)>();
            var set = names.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                part.Add((attribute.ReadObjectIdentifier(), attribute.ReadEncodedValue()));
            }

            parts.Add(part);
        }

        return parts;
    }

    /// <summary>Types without a name, and values that are no text, are shown as the DER that they are.</summary>
    private static string Show((string Type, ReadOnlyMemory<byte> Value) attribute) =>
        Attributes.TryGetValue(attribute.Type, out var name) && TextOf(attribute.Value) is { } text
            ? $"{name}={Escape(text)}"
            : $"{name ?? attribute.Type}=#{Convert.ToHexString(attribute.Value.Span)}";

    private static string? TextOf(ReadOnlyMemory<byte> value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.BER);
        var tag = reader.PeekTag();
        if (tag.TagClass != TagClass.Universal) return null;
        try
        {
            return (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String
                or UniversalTagNumber.NumericString or UniversalTagNumber.VisibleString or UniversalTagNumber.BMPString or UniversalTagNumber.T61String
                ? reader.ReadCharacterString((UniversalTagNumber)tag.TagValue)
                : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static string Escape(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var escaped = new StringBuilder(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = (char)bytes[i];
            if (c < ' ' || c >= 0x7f) escaped.Append(CultureInfo.InvariantCulture, $"\\{bytes[i]:X2}");
            else if (",+\"\\<>;".Contains(c) || (i == 0 && c is '#' or ' ') || (i == bytes.Length - 1 && c == ' ')) escaped.Append('\\').Append(c);
            else escaped.Append(c);
        }

        return escaped.ToString();
    }
}

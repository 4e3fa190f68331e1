using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>Certificates and keys in PEM, from files or <c>data:</c>. What held a key or a passphrase is wiped.</summary>
internal static class PemFile
{
    private const string Rsa = "1.2.840.113549.1.1.1";
    private const string EllipticCurve = "1.2.840.10045.2.1";

    /// <summary>A certificate with its key, and the intermediates behind it.</summary>
    /// <param name="pair">Where they are.</param>
    /// <param name="passwordFile">Passphrases, one on a line.</param>
    /// <param name="directive">The directive of the key, for messages.</param>
    /// <exception cref="TlsConfigurationException">They are not to be had, or do not belong together.</exception>
    public static (X509Certificate2 Leaf, X509Certificate2Collection Intermediates) ReadPair(TlsKeyPair pair, string? passwordFile, string directive)
    {
        var failure = $"cannot load certificate \"{TlsKeyPair.SourceOf(pair.Certificate)}\"";
        var intermediates = ReadCertificates(pair.Certificate, failure);
        using var certificate = intermediates[0];
        intermediates.RemoveAt(0);
        return (WithKey(certificate, pair.Key, passwordFile, directive), intermediates);
    }

    /// <summary>All certificates, at least one.</summary>
    /// <param name="source">The file, or <c>data:</c> with the PEM itself.</param>
    /// <param name="failure">How a message begins.</param>
    /// <exception cref="TlsConfigurationException">There is none.</exception>
    public static X509Certificate2Collection ReadCertificates(string source, string failure)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Read(source, failure));
        }
        catch (CryptographicException exception)
        {
            throw new TlsConfigurationException($"{failure}: {exception.Message}", exception);
        }

        return certificates.Count > 0 ? certificates : throw new TlsConfigurationException($"{failure}: no certificate in it");
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string source, string? passwordFile, string directive)
    {
        var name = TlsKeyPair.SourceOf(source);
        var failure = $"cannot load certificate key \"{name}\"";
        if (source.StartsWith("engine:", StringComparison.Ordinal) || source.StartsWith("store:", StringComparison.Ordinal))
            throw new TlsConfigurationException($"\"{directive} {source}\" needs \"transport linux\"");

        using AsymmetricAlgorithm key = certificate.GetKeyAlgorithm() switch
        {
            Rsa => RSA.Create(),
            EllipticCurve => ECDsa.Create(),
            _ => throw new TlsConfigurationException($"{failure}: its kind needs \"transport linux\""),
        };
        char[]? passwords = null;
        char[] text = [];
        try
        {
            // Also where the key needs none: a file that is not there is told now, and not when the key is renewed.
            if (passwordFile is not null) passwords = ReadPasswords(passwordFile);
            text = Read(source, failure);
            Import(key, text, passwords, failure);
            var whole = key is RSA rsa ? certificate.CopyWithPrivateKey(rsa) : certificate.CopyWithPrivateKey((ECDsa)key);
            // Schannel takes no key that lives in memory only.
            return OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null) : whole;
        }
        catch (ArgumentException exception)
        {
            throw new TlsConfigurationException($"SSL_CTX_use_PrivateKey(\"{name}\") failed (SSL: key values mismatch)", exception);
        }
        finally
        {
            Array.Clear(text);
            if (passwords is not null) Array.Clear(passwords);
        }
    }

    private static void Import(AsymmetricAlgorithm key, char[] text, char[]? passwords, string failure)
    {
        if (text.AsSpan().Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
            throw new TlsConfigurationException($"{failure}: its old kind of encryption needs \"transport linux\", or \"openssl pkcs8 -topk8\"");
        try
        {
            if (text.AsSpan().Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)) ImportEncrypted(key, text, passwords, failure);
            else key.ImportFromPem(text);
        }
        catch (ArgumentException exception)
        {
            throw new TlsConfigurationException($"{failure}: no private key in it", exception);
        }
        catch (CryptographicException exception)
        {
            throw new TlsConfigurationException($"{failure}: {exception.Message}", exception);
        }
    }

    private static void ImportEncrypted(AsymmetricAlgorithm key, char[] text, char[]? passwords, string failure)
    {
        foreach (var line in passwords.AsSpan().EnumerateLines())
        {
            if (!line.IsEmpty && TryImport(key, text, line)) return;
        }

        throw new TlsConfigurationException($"{failure}: {(passwords is null ? "it is encrypted, and there is no password file" : "no passphrase of the password file fits")}");
    }

    private static bool TryImport(AsymmetricAlgorithm key, char[] text, ReadOnlySpan<char> password)
    {
        try
        {
            key.ImportFromEncryptedPem(text, password);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static char[] Read(string source, string failure) => source.StartsWith("data:", StringComparison.Ordinal)
        ? source["data:".Length..].ToCharArray()
        : ReadFile(source, failure + ": open() failed (");

    private static char[] ReadPasswords(string file) => ReadFile(file, $"open() \"{file}\" failed (");

    private static char[] ReadFile(string file, string failure)
    {
        byte[] bytes = [];
        try
        {
            bytes = File.ReadAllBytes(file);
            return Encoding.Latin1.GetChars(bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var reason = exception switch
            {
                FileNotFoundException or DirectoryNotFoundException => "2: No such file or directory",
                UnauthorizedAccessException => "13: Permission denied",
                _ => exception.GetType().Name,
            };
            throw new TlsConfigurationException($"{failure}{reason})", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}

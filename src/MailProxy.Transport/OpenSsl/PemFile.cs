using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>A pointer of OpenSSL's that is freed once.</summary>
internal sealed class OwnedPointer(nint value, Action<nint> free) : IDisposable
{
    public nint Value { get; private set; } = value;

    public void Dispose()
    {
        if (Value != 0) free(Value);
        Value = 0;
    }
}

/// <summary>A certificate with its chain, and its key.</summary>
internal sealed class LoadedPair(TlsKeyPair pair, IReadOnlyList<OwnedPointer> chain, OwnedPointer key) : IDisposable
{
    public string CertificateSource { get; } = TlsKeyPair.SourceOf(pair.Certificate);

    public string KeySource { get; } = TlsKeyPair.SourceOf(pair.Key);

    public IReadOnlyList<OwnedPointer> Chain => chain;

    public OwnedPointer Key => key;

    /// <summary>Which names the certificate is for, and how long.</summary>
    public TlsCertificate Describe()
    {
        _ = LibCrypto.KeepCertificate(chain[0].Value);
        using var leaf = new CertificateReader(chain[0].Value);
        return new TlsCertificate(CertificateSource, leaf.ReadNames(), leaf.ReadNotAfter());
    }

    /// <summary>Reads both.</summary>
    /// <exception cref="TlsConfigurationException">One cannot be read.</exception>
    public static LoadedPair Load(TlsKeyPair pair, string? passwordFile)
    {
        var chain = PemFile.ReadCertificates(pair.Certificate);
        try
        {
            return new LoadedPair(pair, chain, PemFile.ReadKey(pair.Key, passwordFile));
        }
        catch
        {
            foreach (var certificate in chain) certificate.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var certificate in chain) certificate.Dispose();
        key.Dispose();
    }
}

/// <summary>PEM by OpenSSL's own readers: keys never come to managed memory, except those that the configuration itself holds.</summary>
internal static unsafe class PemFile
{
    public const string Data = "data:";

    private const string Engine = "engine:";
    private const string Store = "store:";

    // PEM_R_NO_START_LINE: nothing more of the kind in the file.
    private const string NoStartLine = "0480006C";

    /// <summary>The leaf, then what follows it.</summary>
    public static List<OwnedPointer> ReadCertificates(string value)
    {
        var source = TlsKeyPair.SourceOf(value);
        using var memory = new PinnedText(value);
        using var bio = Open(value, memory, $"cannot load certificate \"{source}\"");
        var leaf = LibCrypto.ReadCertificateAux(bio.Value, null, 0, 0);
        if (leaf == 0) throw OpenSslError.Configuration($"cannot load certificate \"{source}\": PEM_read_bio_X509_AUX()");
        List<OwnedPointer> chain = [new(leaf, LibCrypto.FreeCertificate)];
        while (LibCrypto.ReadCertificate(bio.Value, null, 0, 0) is var next and not 0) chain.Add(new OwnedPointer(next, LibCrypto.FreeCertificate));
        var end = OpenSslError.Take();
        if (end.Contains(NoStartLine, StringComparison.Ordinal)) return chain;
        foreach (var certificate in chain) certificate.Dispose();
        throw new TlsConfigurationException($"cannot load certificate \"{source}\": PEM_read_bio_X509() failed{end}");
    }

    /// <summary>A private key of a file, of <c>data:</c> or of <c>store:</c>; passphrases are tried in turn.</summary>
    public static OwnedPointer ReadKey(string value, string? passwordFile)
    {
        var what = $"cannot load certificate key \"{TlsKeyPair.SourceOf(value)}\"";
        if (value.StartsWith(Store, StringComparison.Ordinal)) return ReadStoredKey(value[Store.Length..], what);
        // OpenSSL 3 has providers in their place, which store: reaches.
        if (value.StartsWith(Engine, StringComparison.Ordinal)) throw new TlsConfigurationException($"{what}: loading \"engine:...\" certificate keys is not supported, use \"store:\"");
        var passwords = passwordFile is null ? [null] : ReadPasswords(passwordFile);
        try
        {
            var failure = "";
            foreach (var password in passwords)
            {
                using var memory = new PinnedText(value);
                using var bio = Open(value, memory, what);
                var key = ReadKey(bio.Value, password);
                if (key != 0)
                {
                    LibCrypto.ClearErrors();
                    return new OwnedPointer(key, LibCrypto.FreeKey);
                }

                failure = OpenSslError.Take();
            }

            throw new TlsConfigurationException($"{what}: PEM_read_bio_PrivateKey() failed{failure}");
        }
        finally
        {
            foreach (var password in passwords) CryptographicOperations.ZeroMemory(password);
        }
    }

    /// <summary><c>ssl_dhparam</c>.</summary>
    public static nint ReadDhParameters(string file)
    {
        var bio = LibCrypto.OpenFile(file, "r");
        if (bio == 0) throw OpenSslError.Configuration($"BIO_new_file(\"{file}\")");
        var parameters = LibCrypto.ReadParameters(bio, null);
        _ = LibCrypto.FreeBio(bio);
        return parameters != 0 ? parameters : throw OpenSslError.Configuration($"PEM_read_bio_DHparams(\"{file}\")");
    }

    private static OwnedPointer Open(string value, PinnedText memory, string what)
    {
        LibCrypto.ClearErrors();
        var bio = memory.Length > 0 ? LibCrypto.OpenMemory(memory.Start, memory.Length) : LibCrypto.OpenFile(value, "r");
        return bio != 0 ? new OwnedPointer(bio, static bio => _ = LibCrypto.FreeBio(bio)) : throw OpenSslError.Configuration($"{what}: BIO_new_file()");
    }

    // Without a passphrase OpenSSL would ask on the terminal.
    private static nint ReadKey(nint bio, byte[]? password)
    {
        var handle = GCHandle.Alloc(password);
        try
        {
            return LibCrypto.ReadPrivateKey(bio, null, &GivePassword, GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }
    }

    [UnmanagedCallersOnly]
    private static int GivePassword(byte* buffer, int size, int isWriting, nint argument)
    {
        try
        {
            if (GCHandle.FromIntPtr(argument).Target is not byte[] password || password.Length > size) return -1;
            password.CopyTo(new Span<byte>(buffer, size));
            return password.Length;
        }
        catch (Exception exception)
        {
            StrayErrors.Report("giving a passphrase", exception);
            return -1;
        }
    }

    private static byte[]?[] ReadPasswords(string file)
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var reason = exception is UnauthorizedAccessException ? "13: Permission denied"
                : exception is FileNotFoundException or DirectoryNotFoundException ? "2: No such file or directory"
                : exception.GetType().Name;
            throw new TlsConfigurationException($"open() \"{file}\" failed ({reason})", exception);
        }

        try
        {
            List<byte[]?> passwords = [];
            foreach (var line in text.AsSpan().Split((byte)'\n'))
            {
                var password = text.AsSpan()[line].TrimEnd("\r"u8);
                if (password.Length > 0) passwords.Add(password.ToArray());
            }

            return passwords.Count > 0 ? [.. passwords] : [null];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private static OwnedPointer ReadStoredKey(string uri, string what)
    {
        LibCrypto.ClearErrors();
        var store = LibCrypto.OpenStore(uri, 0, 0, 0, 0);
        if (store == 0) throw OpenSslError.Configuration($"{what}: OSSL_STORE_open()");
        try
        {
            while (LibCrypto.IsStoreAtEnd(store) == 0)
            {
                var info = LibCrypto.LoadFromStore(store);
                if (info == 0) continue;
                var key = LibCrypto.StoredKey(info);
                LibCrypto.FreeStoreInfo(info);
                if (key != 0) return new OwnedPointer(key, LibCrypto.FreeKey);
            }

            throw OpenSslError.Configuration($"{what}: OSSL_STORE_load()");
        }
        finally
        {
            _ = LibCrypto.CloseStore(store);
        }
    }

    /// <summary>The PEM of a <c>data:</c> value where OpenSSL can read it, and overwritten afterwards.</summary>
    private sealed class PinnedText : IDisposable
    {
        private readonly byte[] _bytes;

        public PinnedText(string value)
        {
            var text = value.StartsWith(Data, StringComparison.Ordinal) ? value.AsSpan(Data.Length) : [];
            _bytes = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text), pinned: true);
            Length = Encoding.UTF8.GetBytes(text, _bytes);
        }

        public int Length { get; }

        public byte* Start => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);

        public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
    }
}

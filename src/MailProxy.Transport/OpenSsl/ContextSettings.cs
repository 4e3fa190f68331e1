namespace MailProxy.Transport.OpenSsl;

/// <summary>What contexts of both kinds are told, by OpenSSL's numbers.</summary>
internal static unsafe class ContextSettings
{
    private const int ControlMode = 33;
    private const int ControlReadAhead = 41;
    private const int ControlGroups = 92;
    private const int ControlMinimumVersion = 123;
    private const int ControlMaximumVersion = 124;
    private const int ModePartialWrite = 1;
    private const int ModeMovingBuffer = 2;
    private const int ModeReleaseBuffers = 16;
    private const int LookupLoadFile = 1;
    private const int FileTypePem = 1;
    private const nuint CheckCrl = 0x4 | 0x8;          // X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL

    public const int Tls13 = 0x0304;
    public const ulong NoTicket = 1UL << 14;
    public const ulong ServerPreference = 1UL << 22 | 1UL << 21;           // SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA
    private const ulong IgnoreUnexpectedEnd = 1UL << 7;
    private const ulong NoCompression = 1UL << 17;
    private const ulong NoAntiReplay = 1UL << 24;
    private const ulong NoRenegotiation = 1UL << 30;

    private static readonly (string Name, ulong Option)[] Versions =
        [("SSLv3", 1UL << 25), ("TLSv1", 1UL << 26), ("TLSv1.1", 1UL << 28), ("TLSv1.2", 1UL << 27), ("TLSv1.3", 1UL << 29)];

    /// <summary>What no directive decides: as in nginx, and one read for all the records that are there.</summary>
    public static void ApplyCommon(SslContextHandle context)
    {
        LibSsl.Control(context, ControlMode, ModePartialWrite | ModeMovingBuffer | ModeReleaseBuffers, 0);
        LibSsl.Control(context, ControlReadAhead, 1, 0);
        LibSsl.SetOptions(context, IgnoreUnexpectedEnd | NoCompression | NoAntiReplay | NoRenegotiation);
    }

    /// <summary><c>ssl_protocols</c>: the system's own openssl.cnf does not count, as in nginx.</summary>
    public static void SetProtocols(SslContextHandle context, IReadOnlyList<string> protocols)
    {
        LibSsl.Control(context, ControlMinimumVersion, 0, 0);
        LibSsl.Control(context, ControlMaximumVersion, Tls13, 0);
        foreach (var (name, option) in Versions)
        {
            if (!protocols.Contains(name)) LibSsl.SetOptions(context, option);
        }
    }

    public static void SetCiphers(SslContextHandle context, string ciphers)
    {
        if (LibSsl.SetCipherList(context, ciphers) == 0) throw OpenSslError.Configuration($"SSL_CTX_set_cipher_list(\"{ciphers}\")");
    }

    public static void SetCurves(SslContextHandle context, string curves)
    {
        if (curves == "auto") return;
        if (LibSsl.Control(context, ControlGroups, 0, curves) == 0) throw OpenSslError.Configuration($"SSL_CTX_set1_curves_list(\"{curves}\")");
    }

    /// <summary>Trusts the CAs of a file, or of <c>data:</c>.</summary>
    public static void Trust(SslContextHandle context, string authorities)
    {
        if (authorities.StartsWith(PemFile.Data, StringComparison.Ordinal))
        {
            foreach (var certificate in PemFile.ReadCertificates(authorities))
            {
                using (certificate) _ = LibCrypto.AddToStore(LibSsl.Store(context), certificate.Value);
            }

            return;
        }

        if (LibSsl.LoadVerifyFile(context, authorities) == 0) throw OpenSslError.Configuration($"SSL_CTX_load_verify_locations(\"{authorities}\")");
    }

    /// <summary><c>ssl_crl</c>: for the whole chain.</summary>
    public static void SetCrl(SslContextHandle context, string? file)
    {
        if (file is null) return;
        var store = LibSsl.Store(context);
        var lookup = LibCrypto.AddLookup(store, LibCrypto.FileLookup());
        if (lookup == 0) throw OpenSslError.Configuration("X509_STORE_add_lookup()");
        if (LibCrypto.ControlLookup(lookup, LookupLoadFile, file, FileTypePem, 0) == 0) throw OpenSslError.Configuration($"X509_LOOKUP_load_file(\"{file}\")");
        _ = LibCrypto.SetStoreFlags(store, CheckCrl);
    }

    /// <summary>Gives a context a certificate, its chain and its key.</summary>
    public static void Use(SslContextHandle context, LoadedPair pair)
    {
        const int controlChainCertificate = 89;
        const int duplicates = 1;
        if (LibSsl.UseCertificate(context, pair.Chain[0].Value) == 0) throw OpenSslError.Configuration($"SSL_CTX_use_certificate(\"{pair.CertificateSource}\")");
        foreach (var intermediate in pair.Chain.Skip(1))
        {
            if (LibSsl.Control(context, controlChainCertificate, duplicates, intermediate.Value) == 0)
                throw OpenSslError.Configuration($"SSL_CTX_add_extra_chain_cert(\"{pair.CertificateSource}\")");
        }

        if (LibSsl.UsePrivateKey(context, pair.Key.Value) == 0) throw OpenSslError.Configuration($"SSL_CTX_use_PrivateKey(\"{pair.KeySource}\")");
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>
/// Where a session may be resumed (SSL_CTX_set_session_id_context): only where the same would be asked of its client again,
/// since resumption asks nothing. So it comes from what the authorities and revocation lists hold, and not from the names of their files.
/// </summary>
internal static unsafe class SessionScope
{
    private const int ControlVerifyStore = 137;

    /// <param name="context">All of its settings are made.</param>
    /// <param name="options">What they were made from.</param>
    public static void Apply(SslContextHandle context, TlsServerOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, "MAIL", options.ApplicationProtocol ?? "");
        // By name: who has resumed believes in the certificate of the first handshake, and a renewed one is for the same names.
        foreach (var pair in options.Certificates) Add(hash, "certificate", pair.Certificate);
        Add(hash, "verify", string.Create(CultureInfo.InvariantCulture, $"{options.AsksForCertificate} {options.VerifyDepth}"));
        Add(hash, "timeout", options.SessionTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in options.ConfCommands) Add(hash, name, value);
        AddContents(hash, LibSsl.Store(context));
        nint own;
        if (LibSsl.Control(context, ControlVerifyStore, 0, &own) == 1 && own != 0) AddContents(hash, own);     // VerifyCAFile of ssl_conf_command

        var id = hash.GetHashAndReset();
        fixed (byte* start = id) _ = LibSsl.SetSessionIdContext(context, start, (uint)id.Length);
    }

    private static void Add(IncrementalHash hash, string name, string value) => hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{value}\0"));

    /// <summary>As it was loaded, whatever the files hold meanwhile; in whichever order.</summary>
    private static void AddContents(IncrementalHash hash, nint store)
    {
        var digests = new SortedSet<string>(StringComparer.Ordinal);
        var digest = stackalloc byte[SHA256.HashSizeInBytes];
        var objects = LibCrypto.StoreObjects(store);
        for (var i = 0; i < LibCrypto.Count(objects); i++)
        {
            var one = LibCrypto.At(objects, i);
            var isDone = LibCrypto.StoredCertificate(one) is var certificate and not 0 ? LibCrypto.Digest(certificate, LibCrypto.Sha256(), digest, null)
                : LibCrypto.StoredCrl(one) is var crl and not 0 ? LibCrypto.DigestCrl(crl, LibCrypto.Sha256(), digest, null) : 0;
            if (isDone == 1) digests.Add(Convert.ToHexString(new ReadOnlySpan<byte>(digest, SHA256.HashSizeInBytes)));
        }

        foreach (var one in digests) Add(hash, "trusts", one);
    }
}

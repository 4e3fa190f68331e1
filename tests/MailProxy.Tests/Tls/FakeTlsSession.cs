using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Tls;

/// <summary>A handshake with a known outcome.</summary>
internal sealed class FakeTlsSession : TlsSession
{
    public string? Name { get; init; }

    public string? Alpn { get; init; }

    public bool Resumed { get; init; }

    public TlsVerification Verdict { get; init; } = new(0, "ok");

    public TlsPeerCertificate? Certificate { get; init; }

    public override string Protocol => "TLSv1.3";

    public override string Cipher => "TLS_AES_256_GCM_SHA384";

    public override string? ServerName => Name;

    public override string? ApplicationProtocol => Alpn;

    public override bool IsResumed => Resumed;

    public override TlsVerification Verification => Verdict;

    public override bool HasPeerCertificate => Certificate is not null;

    public override TlsPeerCertificate? ReadPeerCertificate() => Certificate;

    public override (string Signature, string Key) ReadOwnAlgorithms() => ("RSA-SHA256", "RSA2048");

    /// <summary>A certificate whose facts need care: a comma, and a line end in PEM.</summary>
    public static TlsPeerCertificate ClientOne { get; } = new(
        "CN=client one,O=Ex Ample\\, Inc", "CN=Test CA", "0A1F", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "client one", "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n");
}

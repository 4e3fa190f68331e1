using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.OpenSsl;

/// <summary>The OpenSSL engine as a server, with .NET's client.</summary>
[SupportedOSPlatform("linux")]
public sealed class OpenSslServerTests : IDisposable
{
    // RFC 7919 appendix A.1.
    private const string Ffdhe2048 = """
        -----BEGIN DH PARAMETERS-----
        MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
        +8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
        87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
        YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
        7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
        ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
        -----END DH PARAMETERS-----
        """;

    private readonly Authority _authority = new();

    private TlsServerOptions Localhost => new() { Certificates = [_authority.Issue(["localhost"])], ApplicationProtocol = "imap" };

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2 ECDHE-ECDSA-")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3 TLS_AES_")]
    public async Task A_session_carries_bytes_both_ways_and_ends_in_order(SslProtocols protocol, string facts)
    {
        await using var server = await TlsServer.StartAsync(Localhost);
        await using var client = await server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = protocol });
        var handshake = server.NextHandshake();
        Assert.StartsWith(facts, handshake, StringComparison.Ordinal);
        Assert.Contains("sni=localhost alpn= resumed=False verify=0:", handshake, StringComparison.Ordinal);
        await client.WriteAsync("hello"u8.ToArray());
        Assert.Equal("hello", await ReadAsync(client, 5));
        await client.ShutdownAsync();
        Assert.Equal(0, await client.ReadAsync(new byte[1]).AsTask().WaitAsync(TlsServer.Deadline));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(16 * 1024)]
    [InlineData(2304)]
    public async Task Megabytes_come_back_as_they_were_sent(int? buffer)
    {
        var size = buffer is 2304 ? 1024 * 1024 : 20 * 1024 * 1024;
        await using var server = await TlsServer.StartAsync(Localhost, buffer);
        await using var client = await server.ConnectAsync();
        var sending = Task.Run(async () =>
        {
            for (var sent = 0; sent < size; sent += 100_000) await client.WriteAsync(Pattern.At(1, sent, Math.Min(100_000, size - sent)));
        });
        var chunk = new byte[70_000];
        for (var received = 0; received < size;)
        {
            var count = await client.ReadAsync(chunk).AsTask().WaitAsync(TlsServer.Deadline);
            Assert.NotEqual(0, count);
            Pattern.Verify(1, received, chunk.AsSpan(0, count));
            received += count;
        }

        await sending.WaitAsync(TlsServer.Deadline);
    }

    [Fact]
    public async Task A_client_gets_the_certificate_of_its_name()
    {
        await using var server = await TlsServer.StartAsync(new TlsServerOptions
        {
            Certificates = [_authority.Issue(["first.example"]), _authority.Issue(["*.example.org", "example.org"]), _authority.Issue(["mail.example.org"]), _authority.Issue(["xn--bcher-kva.example"])],
        });
        foreach (var protocol in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
        {
            Assert.Equal("mail.example.org", await server.NameShownToAsync("mail.example.org", protocol));
            Assert.Equal("mail.example.org", await server.NameShownToAsync("MAIL.example.org", protocol));
            Assert.Equal("*.example.org", await server.NameShownToAsync("imap.example.org", protocol));
            Assert.Equal("*.example.org", await server.NameShownToAsync("example.org", protocol));
            Assert.Equal("first.example", await server.NameShownToAsync("a.b.example.org", protocol));
            Assert.Equal("first.example", await server.NameShownToAsync("elsewhere.example", protocol));
            Assert.Equal("first.example", await server.NameShownToAsync("", protocol));
            Assert.Equal("xn--bcher-kva.example", await server.NameShownToAsync("xn--bcher-kva.example", protocol));
        }
    }

    [Fact]
    public async Task Keys_of_two_kinds_serve_side_by_side()
    {
        await using var server = await TlsServer.StartAsync(new TlsServerOptions { Certificates = [_authority.Issue(["localhost"], rsa: true), _authority.Issue(["localhost"])], Ciphers = "ALL" });
        foreach (var (cipher, key) in ((TlsCipherSuite, string)[])[(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "RSA"), (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECC")])
        {
            await using var client = await server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = SslProtocols.Tls12, CipherSuitesPolicy = new CipherSuitesPolicy([cipher]) });
            using var certificate = X509CertificateLoader.LoadCertificate(client.RemoteCertificate!.Export(X509ContentType.Cert));
            Assert.Equal(key, certificate.PublicKey.Oid.FriendlyName);
        }
    }

    [Fact]
    public async Task A_client_that_offers_only_other_protocols_by_ALPN_is_refused()
    {
        await using var server = await TlsServer.StartAsync(Localhost);
        await Assert.ThrowsAsync<AuthenticationException>(() => server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [new("http/1.1")] }));
        Assert.Matches("^Handshake: SSL_do_handshake\\(\\) failed \\(SSL: error:0A0000EB:SSL routines::no application protocol\\)$", server.NextHandshake());
        await using var client = await server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [new("http/1.1"), new("imap")] });
        Assert.Contains(" alpn=imap ", server.NextHandshake(), StringComparison.Ordinal);
        Assert.Equal("imap", client.NegotiatedApplicationProtocol.ToString());
    }

    [Theory]
    [InlineData("EHLO x\r\n", "Handshake: SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number)")]
    [InlineData("GET / HTTP/1.0\r\n\r\n", "Handshake: SSL_do_handshake() failed (SSL: error:0A00009C:SSL routines::http request)")]
    [InlineData("", "Closed: peer closed connection in SSL handshake")]
    public async Task Who_does_not_speak_TLS_is_told_nothing(string said, string logged)
    {
        await using var server = await TlsServer.StartAsync(Localhost);
        using var client = await server.Server.ConnectAsync();
        await client.SayAsync(said);
        if (said == "") client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await client.ExpectEndAsync();
        Assert.Equal(logged, server.NextHandshake());
    }

    [Fact]
    public async Task A_client_certificate_is_asked_for_and_judged_afterwards()
    {
        using var other = new Authority("Other CA");
        await using var server = await TlsServer.StartAsync(Localhost with { AsksForCertificate = true, ClientCertificate = await FileOfAsync(_authority.Root) });
        foreach (var (pair, verdict) in ((TlsKeyPair?, string)[])[
            (null, "verify=0:"),
            (_authority.Issue(["alice"]), "verify=0:"),
            (_authority.Issue(["old"], days: -1), "verify=10:certificate has expired"),
            (other.Issue(["mallory"]), "verify=21:unable to verify the first certificate")])
        {
            var certificate = pair is null ? null : X509Certificate2.CreateFromPem(pair.Certificate.AsSpan("data:".Length), pair.Key.AsSpan("data:".Length));
            await using var client = await server.ConnectAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
            });
            Assert.EndsWith(verdict, server.NextHandshake(), StringComparison.Ordinal);
            var seen = server.Certificates.Take();
            Assert.Equal(certificate?.ExportCertificatePem() + (certificate is null ? "" : "\n"), seen?.Pem ?? "");
            Assert.Equal(certificate?.SerialNumber.TrimStart('0'), seen?.Serial.TrimStart('0'));
            Assert.Equal(certificate?.Subject, seen?.Subject);
            Assert.Equal(certificate?.Thumbprint.ToLowerInvariant(), seen?.Fingerprint);
        }
    }

    [Fact]
    public async Task A_revoked_client_certificate_is_known()
    {
        var revoked = _authority.Issue(["alice"]);
        using var certificate = X509Certificate2.CreateFromPem(revoked.Certificate.AsSpan("data:".Length), revoked.Key.AsSpan("data:".Length));
        await using var server = await TlsServer.StartAsync(Localhost with
        {
            AsksForCertificate = true,
            ClientCertificate = await FileOfAsync(_authority.Root),
            Crl = await FileOfAsync(_authority.Revoke(certificate)),
        });
        Assert.EndsWith("verify=23:certificate revoked", await HandshakeOfAsync(server, certificate), StringComparison.Ordinal);
        var good = _authority.Issue(["bob"]);
        using var other = X509Certificate2.CreateFromPem(good.Certificate.AsSpan("data:".Length), good.Key.AsSpan("data:".Length));
        Assert.EndsWith("verify=0:", await HandshakeOfAsync(server, other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_is_looked_at_as_far_as_the_depth_allows()
    {
        using var intermediate = new Authority("Intermediate CA", _authority);
        var pair = intermediate.Issue(["alice"]);
        using var certificate = X509Certificate2.CreateFromPem(pair.Certificate.AsSpan("data:".Length), pair.Key.AsSpan("data:".Length));
        foreach (var (depth, verdict) in ((int, string)[])[(1, "verify=0:"), (0, "verify=20:unable to get local issuer certificate")])
        {
            await using var server = await TlsServer.StartAsync(Localhost with { AsksForCertificate = true, ClientCertificate = await FileOfAsync(_authority.Root), VerifyDepth = depth });
            Assert.EndsWith(verdict, await HandshakeOfAsync(server, certificate, intermediate.RootCertificate), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Ciphers_with_DHE_need_parameters()
    {
        var dhe = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = SslProtocols.Tls12,
            CipherSuitesPolicy = new CipherSuitesPolicy([TlsCipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256]),
        };
        var options = new TlsServerOptions { Certificates = [_authority.Issue(["localhost"], rsa: true)] };
        await using var without = await TlsServer.StartAsync(options);
        await Assert.ThrowsAsync<AuthenticationException>(() => without.ConnectAsync(dhe));
        await using var with = await TlsServer.StartAsync(options with { DhParam = await FileOfAsync("data:" + Ffdhe2048) });
        await using var client = await with.ConnectAsync(dhe);
        Assert.StartsWith("TLSv1.2 DHE-RSA-AES128-GCM-SHA256", with.NextHandshake(), StringComparison.Ordinal);
    }

    public void Dispose() => _authority.Dispose();

    private static async Task<string> HandshakeOfAsync(TlsServer server, X509Certificate2 certificate, X509Certificate2? intermediate = null)
    {
        await using var client = await server.ConnectAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate, intermediate is null ? null : [intermediate], offline: true),
        });
        return server.NextHandshake();
    }

    private static async Task<string> FileOfAsync(string data)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("mailproxy-tls-").FullName, "ca.pem");
        await File.WriteAllTextAsync(path, data["data:".Length..]);
        return path;
    }

    private static async Task<string> ReadAsync(Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(TlsServer.Deadline);
        return Encoding.ASCII.GetString(bytes);
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using MailProxy.Testing;
using MailProxy.Transport;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Tests.Transport.Tls;

/// <summary>The managed engine as a server.</summary>
public sealed class ManagedTlsServerTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public static TheoryData<string, int, string> Clients => new()
    {
        { "none", 0, "ok" }, { "good", 0, "ok" }, { "expired", 10, "certificate has expired" }, { "early", 9, "certificate is not yet valid" },
        { "self-signed", 18, "self-signed certificate" }, { "strange", 21, "unable to verify the first certificate" },
        { "purpose", 26, "unsuitable certificate purpose" }, { "deep", 22, "certificate chain too long" },
    };

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("mail.example", "mail.example")]
    [InlineData("MAIL.example", "mail.example")]
    [InlineData("imap.wild.example", "*.wild.example")]
    [InlineData("exact.wild.example", "exact.wild.example")]
    [InlineData("a.b.wild.example", "first.example")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("other.example", "first.example")]
    [InlineData("127.0.0.1", "first.example")]
    public async Task The_clients_name_chooses_the_certificate(string asked, string served)
    {
        string[] names = ["first.example", "*.wild.example", "mail.example", "exact.wild.example", "xn--bcher-kva.example"];
        var certificates = names.Select(name => _authority.Issue(TestSubject.For(name))).ToList();
        await using var tls = await TlsSockets.ConnectAsync();
        var session = await tls.AcceptAsync(
            new TlsServerOptions { Certificates = [.. certificates.Select(one => TlsSockets.Pair(one))] }, new SslClientAuthenticationOptions { TargetHost = asked });
        Assert.Equal($"CN={served}", tls.Peer.RemoteCertificate!.Subject);
        Assert.Equal(IPAddress.TryParse(asked, out _) ? null : served == "xn--bcher-kva.example" ? served : asked, session.ServerName);
        certificates.ForEach(one => one.Dispose());
    }

    [Fact]
    public void A_context_says_what_certificates_it_has()
    {
        using var named = _authority.Issue(TestSubject.For("Mail.example", "*.example"));
        using var common = _authority.Issue(new TestSubject { Name = "CN=Only.example,O=x" });
        var context = TlsEngine.Managed.CreateServerContext(new TlsServerOptions { Certificates = [TlsSockets.Pair(named), TlsSockets.Pair(common)] });
        Assert.Equal(["data:", "data:"], context.Certificates.Select(one => one.Source));
        Assert.Equal(["mail.example", "*.example"], context.Certificates[0].Names);
        Assert.Equal(["only.example"], context.Certificates[1].Names);
        Assert.Equal(named.Certificate.NotAfter, context.Certificates[0].NotAfter.LocalDateTime);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3", "TLS_AES_256_GCM_SHA384")]
    public async Task A_session_knows_its_facts_by_OpenSSLs_names(SslProtocols protocol, string name, string cipher)
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        await using var tls = await TlsSockets.ConnectAsync();
        var session = await tls.AcceptAsync(
            new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] }, new SslClientAuthenticationOptions { TargetHost = "", EnabledSslProtocols = protocol });
        Assert.Equal((name, cipher, null, null), (session.Protocol, session.Cipher, session.ServerName, session.ApplicationProtocol));
        Assert.Equal((false, null), (session.HasPeerCertificate, session.ReadPeerCertificate()));
        Assert.Equal(("ecdsa-with-SHA256", "EC256"), session.ReadOwnAlgorithms());
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_client_that_breaks_its_session_by_a_clear_handshake_is_closed_without_an_error(SslProtocols protocol)
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        await using var tls = await TlsSockets.ConnectAsync();
        await tls.AcceptAsync(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] }, new SslClientAuthenticationOptions { TargetHost = "", EnabledSslProtocols = protocol });
        await tls.Sockets.Client.SendAsync(new byte[] { 22, 3, 1, 0, 5, 1, 0, 0, 1, 3 });
        await Assert.ThrowsAnyAsync<Exception>(() => tls.Sockets.FromClient.Transport.Input.ReadAsync().AsTask().WaitAsync(TlsSockets.Deadline));
        await tls.Sockets.FromClient.DisposeAsync().AsTask().WaitAsync(TlsSockets.Deadline);
    }

    [Fact]
    public async Task An_alert_in_place_of_the_hello_is_the_clients_failure()
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        await using var tls = await TlsSockets.ConnectAsync();
        var context = TlsEngine.Managed.CreateServerContext(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] });
        var accepting = tls.Sockets.FromClient.Features.Get<ITlsFeature>()!.AuthenticateAsServerAsync(context, CancellationToken.None).AsTask();
        await tls.Sockets.Client.SendAsync(new byte[] { 21, 3, 1, 0, 2, 1, 0 });
        var error = await Assert.ThrowsAsync<TlsException>(() => accepting.WaitAsync(TlsSockets.Deadline));
        Assert.Equal(TlsFailure.Handshake, error.Failure);
    }

    [Fact]
    public async Task A_version_that_is_not_enabled_is_refused()
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example") with { IsRsa = true });
        var options = new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)], Protocols = ["SSLv3", "TLSv1.3"] };
        await using var tls = await TlsSockets.ConnectAsync();
        var error = await Assert.ThrowsAsync<TlsException>(() => tls.AcceptAsync(options, new SslClientAuthenticationOptions { TargetHost = "x", EnabledSslProtocols = SslProtocols.Tls12 }));
        Assert.Equal(TlsFailure.Handshake, error.Failure);
        Assert.StartsWith("SSL_do_handshake() failed (SSL: error:", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("unsupported protocol)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("imap", "imap")]
    [InlineData("http/1.1,imap", "imap")]
    [InlineData("", null)]
    [InlineData("pop3", "refused")]
    public async Task One_application_protocol_is_spoken_or_none(string offered, string? chosen)
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        var client = new SslClientAuthenticationOptions { TargetHost = "x", ApplicationProtocols = [.. offered.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(id => new SslApplicationProtocol(id))] };
        await using var tls = await TlsSockets.ConnectAsync();
        var accepting = tls.AcceptAsync(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)], ApplicationProtocol = "imap" }, client);
        if (chosen == "refused") Assert.Equal(TlsFailure.Handshake, (await Assert.ThrowsAsync<TlsException>(() => accepting)).Failure);
        else Assert.Equal(chosen, (await accepting).ApplicationProtocol);
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task Clients_certificates_are_judged_as_OpenSSL_would_and_never_insisted_on(string kind, int code, string text)
    {
        using var server = _authority.Issue(TestSubject.For("mail.example"));
        using var between = _authority.Intermediate("Between");
        using var stranger = new TestAuthority("Stranger");
        var subject = new TestSubject { Name = "CN=fred", Usage = TestSubject.ClientUsage };
        using var client = kind switch
        {
            "expired" => _authority.Issue(subject.Expired()),
            "early" => _authority.Issue(subject with { From = TimeSpan.FromDays(1) }),
            "self-signed" => TestAuthority.SelfSigned(subject),
            "strange" => stranger.Issue(subject),
            "purpose" => _authority.Issue(subject with { Usage = TestSubject.ServerUsage }),
            "deep" => between.Issue(subject),
            _ => _authority.Issue(subject),
        };
        var options = new TlsServerOptions
        {
            Certificates = [TlsSockets.Pair(server)],
            AsksForCertificate = true,
            ClientCertificate = "data:" + _authority.Pem,
            VerifyDepth = kind == "deep" ? 0 : 1,
        };
        await using var tls = await TlsSockets.ConnectAsync();
        var session = await tls.AcceptAsync(options, new SslClientAuthenticationOptions
        {
            TargetHost = "mail.example",
            ClientCertificateContext = kind == "none" ? null : SslStreamCertificateContext.Create(client.Certificate, [between.Certificate], offline: true),
        });
        Assert.Equal(new TlsVerification(code, text), session.Verification);
        Assert.Equal(kind != "none", session.HasPeerCertificate);
        if (kind != "none") Assert.Equal(client.Pem, session.ReadPeerCertificate()!.Pem);
    }

    [Fact]
    public async Task A_chain_is_sent_whole_and_accepted_to_its_depth()
    {
        using var between = _authority.Intermediate("Between");
        using var server = between.Issue(TestSubject.For("mail.example"));
        await using var tls = await TlsSockets.ConnectAsync();
        var target = new TlsTarget("mail.example", SendName: true, "x");
        var chain = SslStreamCertificateContext.Create(server.Certificate, [between.Certificate], offline: true);
        await tls.DialAsync(new TlsClientOptions { TrustedCertificate = "data:" + _authority.Pem }, target, new SslServerAuthenticationOptions { ServerCertificateContext = chain });

        await using var other = await TlsSockets.ConnectAsync();
        string[] issuers = [];
        await other.AcceptAsync(
            new TlsServerOptions { Certificates = [TlsSockets.Pair(server, between.Certificate)], AsksForCertificate = true, ClientCertificate = "data:" + _authority.Pem },
            new SslClientAuthenticationOptions
            {
                TargetHost = "mail.example",
                LocalCertificateSelectionCallback = (_, _, _, _, acceptable) =>
                {
                    if (acceptable.Length > 0) issuers = acceptable;
                    return null!;
                },
            });
        Assert.Equal(["CN=Test CA"], issuers);
    }

    [Fact]
    public async Task What_was_read_already_is_the_beginning_of_the_handshake()
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        await using var tls = await TlsSockets.ConnectAsync();
        await using var client = new SslStream(new NetworkStream(tls.Sockets.Client), false, TlsSockets.AcceptAny);
        var connecting = client.AuthenticateAsClientAsync("mail.example");
        var connection = tls.Sockets.FromClient;
        var hello = await connection.Transport.Input.ReadAsync();
        connection.Transport.Input.AdvanceTo(hello.Buffer.Start);
        var context = TlsEngine.Managed.CreateServerContext(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] });
        await connection.Features.Get<ITlsFeature>()!.AuthenticateAsServerAsync(context, CancellationToken.None).AsTask().WaitAsync(TlsSockets.Deadline);
        await connecting.WaitAsync(TlsSockets.Deadline);

        var sent = new byte[300_000];
        Random.Shared.NextBytes(sent);
        var echoing = connection.Transport.Input.CopyToAsync(connection.Transport.Output);
        var sending = client.WriteAsync(sent);
        var received = new byte[sent.Length];
        await client.ReadExactlyAsync(received).AsTask().WaitAsync(TlsSockets.Deadline);
        await sending;
        Assert.Equal(sent, received);

        await client.ShutdownAsync();
        tls.Sockets.Client.Shutdown(SocketShutdown.Send);
        await echoing.WaitAsync(TlsSockets.Deadline);
        await connection.DisposeAsync();
        Assert.Equal(0, await client.ReadAsync(received).AsTask().WaitAsync(TlsSockets.Deadline));          // an end without close_notify would be an error
    }

    [Fact]
    public async Task A_wait_for_bytes_can_be_ended_and_gone_on_with()
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        await using var tls = await TlsSockets.ConnectAsync();
        await tls.AcceptAsync(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] });
        var input = tls.Sockets.FromClient.Transport.Input;
        for (var round = 0; round < 3; round++)
        {
            var reading = input.ReadAsync().AsTask();
            input.CancelPendingRead();
            Assert.True((await reading.WaitAsync(TlsSockets.Deadline)).IsCanceled);
            input.AdvanceTo((await SayAndReadAsync(tls, input, "NOOP")).End);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.0\r\n\r\n", TlsFailure.Handshake)]
    [InlineData("a1 LOGIN fred secret\r\n", TlsFailure.Handshake)]
    [InlineData("", TlsFailure.Closed)]
    [InlineData("\x16\x03\x01", TlsFailure.Closed)]
    public async Task A_client_that_speaks_no_tls_fails_in_nginxs_words(string said, object failure)
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        await using var tls = await TlsSockets.ConnectAsync();
        await tls.Sockets.Client.SendAsync(Encoding.Latin1.GetBytes(said));
        tls.Sockets.Client.Shutdown(SocketShutdown.Send);
        var context = TlsEngine.Managed.CreateServerContext(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] });
        var error = await Assert.ThrowsAsync<TlsException>(
            () => tls.Sockets.FromClient.Features.Get<ITlsFeature>()!.AuthenticateAsServerAsync(context, CancellationToken.None).AsTask().WaitAsync(TlsSockets.Deadline));
        Assert.Equal(failure, error.Failure);
        Assert.StartsWith(failure is TlsFailure.Closed ? "peer closed connection in SSL handshake" : "SSL_do_handshake() failed (SSL: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_ends_with_its_time_and_with_the_connection()
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        var context = TlsEngine.Managed.CreateServerContext(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] });
        await using var slow = await TlsSockets.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var waiting = slow.Sockets.FromClient.Features.Get<ITlsFeature>()!.AuthenticateAsServerAsync(context, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TlsSockets.Deadline));

        await using var aborted = await TlsSockets.ConnectAsync();
        waiting = aborted.Sockets.FromClient.Features.Get<ITlsFeature>()!.AuthenticateAsServerAsync(context, CancellationToken.None).AsTask();
        aborted.Sockets.FromClient.Abort(new ConnectionAbortedException("test"));
        Assert.Equal(TlsFailure.Closed, (await Assert.ThrowsAsync<TlsException>(() => waiting.WaitAsync(TlsSockets.Deadline))).Failure);
    }

    private static async Task<System.Buffers.ReadOnlySequence<byte>> SayAndReadAsync(TlsSockets tls, System.IO.Pipelines.PipeReader input, string text)
    {
        await tls.Peer.WriteAsync(Encoding.ASCII.GetBytes(text));
        var result = await input.ReadAsync().AsTask().WaitAsync(TlsSockets.Deadline);
        Assert.Equal(text, EncodingExtensions.GetString(Encoding.ASCII, result.Buffer));
        return result.Buffer;
    }
}

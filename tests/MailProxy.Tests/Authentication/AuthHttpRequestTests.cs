using System.Buffers;
using System.Net;
using System.Net.Sockets;
using CsCheck;
using MailProxy.Authentication;
using MailProxy.Tests.Tls;
using MailProxy.Transport.Tls;
using MailProxy.Wire.ProxyProtocol;

namespace MailProxy.Tests.Authentication;

public sealed class AuthHttpRequestTests
{
    private readonly RecordingLogger _log = new();

    [Fact]
    public void The_request_of_a_plain_login_has_the_headers_in_nginxs_order() => Assert.Equal(
        "GET /a HTTP/1.0\r\nHost: 127.0.0.1\r\nAuth-Method: plain\r\nAuth-User: u\r\nAuth-Pass: p\r\nAuth-Protocol: imap\r\n" +
        "Auth-Login-Attempt: 1\r\nClient-IP: 127.0.0.1\r\n\r\n",
        Write(Attempts.Make(_log, secret: "p")));

    [Theory]
    [InlineData((int)AuthMethod.Apop, "apop")]
    [InlineData((int)AuthMethod.CramMd5, "cram-md5")]
    public void A_digest_comes_with_its_challenge(int method, string name) => Assert.Equal(
        $"GET /a HTTP/1.0\r\nHost: 127.0.0.1\r\nAuth-Method: {name}\r\nAuth-User: u\r\nAuth-Pass: 0123\r\nAuth-Salt: <1.2@mx.test>\r\n" +
        "Auth-Protocol: pop3\r\nAuth-Login-Attempt: 1\r\nClient-IP: 127.0.0.1\r\n\r\n",
        Write(Attempts.Make(_log, protocol: "pop3", method: (AuthMethod)method, secret: "0123", salt: "<1.2@mx.test>")));

    [Fact]
    public void External_has_an_empty_password() => Assert.Contains(
        "Auth-Method: external\r\nAuth-User: u\r\nAuth-Pass: \r\nAuth-Protocol: imap\r\n",
        Write(Attempts.Make(_log, method: AuthMethod.External, secret: "")), StringComparison.Ordinal);

    [Fact]
    public void Smtp_without_login_carries_the_whole_commands() => Assert.Equal(
        "GET /a HTTP/1.0\r\nHost: 127.0.0.1\r\nAuth-Method: none\r\nAuth-User: \r\nAuth-Pass: \r\nAuth-Protocol: smtp\r\n" +
        "Auth-Login-Attempt: 1\r\nClient-IP: 127.0.0.1\r\nClient-Host: [UNAVAILABLE]\r\nAuth-SMTP-Helo: c\r\n" +
        "Auth-SMTP-From: MAIL FROM:<a> BODY=8BITMIME\r\nAuth-SMTP-To: RCPT TO:<b%>\r\nX-Auth: a b\r\n\r\n",
        Write(Attempts.Make(_log, protocol: "smtp", method: AuthMethod.None, login: "", secret: "", clientHost: "[UNAVAILABLE]",
            envelope: Envelope("c", "MAIL FROM:<a> BODY=8BITMIME", "RCPT TO:<b%>"), headers: ("X-Auth", "a b"))));

    [Fact]
    public void An_empty_helo_is_sent_empty() => Assert.Contains(
        "Auth-SMTP-Helo: \r\nAuth-SMTP-From: m\r\n",
        Write(Attempts.Make(_log, protocol: "smtp", method: AuthMethod.None, envelope: Envelope("", "m", "r"))), StringComparison.Ordinal);

    [Fact]
    public void The_addresses_of_a_proxy_header_come_behind_the_client()
    {
        var attempt = Attempts.Make(_log, protocol: "smtp", clientHost: "mail.example");
        var request = Copy(attempt, attempt.Client, new ProxyHeader(IPEndPoint.Parse("[2001:db8::1]:1000"), IPEndPoint.Parse("[2001:db8::2]:25")));
        Assert.Contains(
            "Client-Host: mail.example\r\nProxy-Protocol-Addr: 2001:db8::1\r\nProxy-Protocol-Port: 1000\r\n" +
            "Proxy-Protocol-Server-Addr: 2001:db8::2\r\nProxy-Protocol-Server-Port: 25\r\n\r\n",
            Write(request), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tls_session_comes_before_the_configured_headers() => Assert.EndsWith(
        "Client-IP: 127.0.0.1\r\nAuth-SSL: on\r\nAuth-SSL-Protocol: TLSv1.3\r\nAuth-SSL-Cipher: TLS_AES_256_GCM_SHA384\r\nX-A: b\r\n\r\n",
        Write(WithTls(new FakeTlsSession { Certificate = FakeTlsSession.ClientOne }, asks: false, headers: ("X-A", "b"))), StringComparison.Ordinal);

    [Fact]
    public void A_client_that_was_asked_for_a_certificate_and_has_none_is_verified_as_none() => Assert.EndsWith(
        "Auth-SSL-Cipher: TLS_AES_256_GCM_SHA384\r\nAuth-SSL-Verify: NONE\r\n\r\n", Write(WithTls(new FakeTlsSession(), passCertificate: true)), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "ok", "SUCCESS")]
    [InlineData(20, "unable to get local issuer certificate", "FAILED:unable to get local issuer certificate")]
    public void A_client_certificate_comes_with_its_verdict_and_its_facts(int code, string text, string verdict) => Assert.EndsWith(
        $"Auth-SSL-Verify: {verdict}\r\nAuth-SSL-Subject: CN=client one,O=Ex Ample\\, Inc\r\nAuth-SSL-Issuer: CN=Test CA\r\n" +
        "Auth-SSL-Serial: 0A1F\r\nAuth-SSL-Fingerprint: da39a3ee5e6b4b0d3255bfef95601890afd80709\r\n\r\n",
        Write(WithTls(new FakeTlsSession { Certificate = FakeTlsSession.ClientOne, Verdict = new(code, text) })), StringComparison.Ordinal);

    [Fact]
    public void A_client_certificate_is_passed_on_escaped_where_that_is_wished() => Assert.EndsWith(
        "Auth-SSL-Fingerprint: da39a3ee5e6b4b0d3255bfef95601890afd80709\r\nAuth-SSL-Cert: -----BEGIN%20CERTIFICATE-----%0AMII=%0A-----END%20CERTIFICATE-----%0A\r\n\r\n",
        Write(WithTls(new FakeTlsSession { Certificate = FakeTlsSession.ClientOne }, passCertificate: true)), StringComparison.Ordinal);

    [Fact]
    public void What_a_certificate_leaves_empty_is_left_out() => Assert.EndsWith(
        "Auth-SSL-Verify: SUCCESS\r\nAuth-SSL-Serial: 0A1F\r\nAuth-SSL-Fingerprint: da39a3ee5e6b4b0d3255bfef95601890afd80709\r\n\r\n",
        Write(WithTls(new FakeTlsSession { Certificate = FakeTlsSession.ClientOne with { Subject = "", Issuer = "" } })), StringComparison.Ordinal);

    [Theory]
    [InlineData("CN=a\r\nAuth-Status: OK", "CN=ca", "Auth-SSL-Subject")]
    [InlineData("CN=a", "CN=ca\0", "Auth-SSL-Issuer")]
    public void A_certificate_that_would_break_out_of_its_line_is_refused(string subject, string issuer, string header) =>
        Assert.Equal(header, Refused(WithTls(new FakeTlsSession { Certificate = FakeTlsSession.ClientOne with { Subject = subject, Issuer = issuer } })));

    [Theory]
    [InlineData(null, "")]
    [InlineData("mail.example.org", "mail.example.org")]
    public void The_name_that_the_client_asked_for_is_a_variable(string? name, string value) =>
        Assert.EndsWith($"X-Sni: {value}\r\n\r\n", Write(WithTls(new FakeTlsSession { Name = name }, headers: ("X-Sni", "$ssl_server_name"))), StringComparison.Ordinal);

    [Fact]
    public void Clients_on_unix_sockets_and_mapped_addresses_print_as_in_nginx()
    {
        var attempt = Attempts.Make(_log);
        Assert.Contains("Client-IP: unix:\r\n", Write(Copy(attempt, new UnixDomainSocketEndPoint("/run/x"))), StringComparison.Ordinal);
        Assert.Contains("Client-IP: ::ffff:10.1.2.3\r\n", Write(Copy(attempt, new IPEndPoint(IPAddress.Parse("::ffff:10.1.2.3"), 1))), StringComparison.Ordinal);
        Assert.Contains("Client-IP: fe80::1\r\n", Write(Copy(attempt, new IPEndPoint(IPAddress.Parse("fe80::1%3"), 1))), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_controls_spaces_and_percent_signs_are_escaped()
    {
        var every = Attempts.Text([.. Enumerable.Range(0, 256).Select(value => (byte)value)]);
        var expected = string.Concat(every.Select(c => c <= ' ' || c == '%' ? $"%{(int)c:X2}" : c.ToString()));
        var request = Write(Attempts.Make(_log, login: every, secret: every));
        Assert.Contains($"\r\nAuth-User: {expected}\r\nAuth-Pass: {expected}\r\nAuth-Protocol", request, StringComparison.Ordinal);
        Assert.Contains("Auth-User: us%20er%25\r\n", Write(Attempts.Make(_log, login: "us er%")), StringComparison.Ordinal);
    }

    [Fact]
    public void No_login_or_password_breaks_out_of_its_line() =>
        Gen.Select(Gen.Byte.Array[0, 64], Gen.Byte.Array[0, 64]).Sample((login, secret) =>
            Write(Attempts.Make(_log, login: Attempts.Text(login), secret: Attempts.Text(secret))).Split("\r\n").Length == 10);

    [Theory]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\0")]
    public void A_peers_value_that_would_break_its_line_is_refused(string bad)
    {
        Assert.Equal("Auth-SMTP-Helo", Refused(Attempts.Make(_log, method: AuthMethod.None, envelope: Envelope("a" + bad, "m", "r"))));
        Assert.Equal("Auth-SMTP-From", Refused(Attempts.Make(_log, method: AuthMethod.None, envelope: Envelope("h", bad, "r"))));
        Assert.Equal("Auth-SMTP-To", Refused(Attempts.Make(_log, method: AuthMethod.None, envelope: Envelope("h", "m", bad + "X: y"))));
        Assert.Equal("Client-Host", Refused(Attempts.Make(_log, clientHost: "x" + bad)));
        Assert.Equal("Auth-Salt", Refused(Attempts.Make(_log, method: AuthMethod.Apop, salt: bad)));
        Assert.Equal("auth_http_header", Refused(Attempts.Make(_log, headers: ("X", bad))));
        Assert.Equal("auth_http_header", Refused(Attempts.Make(_log, headers: (bad, "x"))));
        Assert.Equal("GET", Refused(Attempts.Make(_log, url: "host/" + bad)));
    }

    [Theory]
    [InlineData("$remote_port", "51438")]
    [InlineData("$server_port", "31143")]
    [InlineData("$server_addr", "127.0.0.2")]
    [InlineData("$connection", "42")]
    [InlineData("<$ssl_server_name>", "<>")]
    [InlineData("a${remote_port}b$server_port.", "a51438b31143.")]
    [InlineData("$remote_portx", "$remote_portx")]
    [InlineData("$remote_port_", "$remote_port_")]
    [InlineData("$remote_port9", "$remote_port9")]
    [InlineData("$remote_addr $x $ $", "$remote_addr $x $ $")]
    [InlineData("$$remote_port", "$51438")]
    [InlineData("${remote_port", "${remote_port")]
    [InlineData("${other}$connection", "${other}42")]
    [InlineData("$5.00 {x}", "$5.00 {x}")]
    public void Known_variables_are_expanded_and_every_other_dollar_is_literal(string value, string expanded) =>
        Assert.Contains($"\r\nX-Test: {expanded}\r\n\r\n", Write(Attempts.Make(_log, headers: ("X-Test", value))), StringComparison.Ordinal);

    [Fact]
    public void Headers_of_the_configuration_come_last_in_their_order() => Assert.EndsWith(
        "Client-IP: 127.0.0.1\r\nX-A: 1\r\nX-B: \r\nX-A: 2\r\n\r\n",
        Write(Attempts.Make(_log, headers: [("X-A", "1"), ("X-B", ""), ("X-A", "2")])), StringComparison.Ordinal);

    private static SmtpEnvelope Envelope(string helo, string from, string to) => new(Attempts.Bytes(helo), Attempts.Bytes(from), Attempts.Bytes(to));

    private static AuthRequest Copy(AuthRequest request, EndPoint client, ProxyHeader? proxyHeader = null) => new()
    {
        Options = request.Options,
        Protocol = request.Protocol,
        Credentials = request.Credentials,
        Attempt = request.Attempt,
        Client = client,
        Local = request.Local,
        ClientHost = request.ClientHost,
        ProxyHeader = proxyHeader,
        Log = request.Log,
    };

    private AuthRequest WithTls(TlsSession tls, bool asks = true, bool passCertificate = false, params (string Name, string Value)[] headers)
    {
        var attempt = Attempts.Make(_log, headers: headers);
        attempt.Options.PassClientCert = passCertificate;
        return new AuthRequest
        {
            Options = attempt.Options,
            Protocol = attempt.Protocol,
            Credentials = attempt.Credentials,
            Attempt = 1,
            Client = attempt.Client,
            Local = attempt.Local,
            Tls = tls,
            AsksForCertificate = asks,
            Log = _log,
        };
    }

    private static string Write(AuthRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Null(AuthHttpRequest.Write(output, request.Options.Url[0], request));
        return Attempts.Text(output.WrittenSpan);
    }

    private static string? Refused(AuthRequest request) =>
        AuthHttpRequest.Write(new ArrayBufferWriter<byte>(), request.Options.Url[0], request);
}

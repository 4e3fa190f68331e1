using System.Net;
using MailProxy.Configuration;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;
using MailProxy.Testing;
using MailProxy.Tests.Tls;
using MailProxy.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Sessions;

/// <summary>
/// The appendix of the specification, with the auth server's part on the wire. Where nginx
/// sends XCLIENT unasked, the upstream here offers it.
/// </summary>
public sealed class GoldenVectorTests
{
    private const string Ok = @"H> HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: 31500\r\n" + "\n";
    private const string Imap = "S: * OK IMAP4 ready\n";
    private const string Pop3 = "S: +OK POP3 ready\n";
    private const string Smtp = "S: 220 mx.test ESMTP ready\n";
    private const string Ehlo = "C: EHLO c\nS: 250-mx.test\nS: 250 AUTH PLAIN LOGIN\n";
    private const string Offer = "U> 220 up\nU< EHLO mx.test\nU> 250-up\nU> 250 XCLIENT NAME ADDR\n";

    [Fact]
    public Task Vector_1() => PlayAsync("imap", Imap + "C: a1 LOGIN {4}\nS: + OK\nC: user {4}\nS: + OK\nC: pass\n" + Request("plain", "user", "pass", "imap") + Ok
        + "U> * OK hi\nU< a1 LOGIN {4}\nU> + go\nU< user {4}\nU> + go\nU< pass\nU> * CAPABILITY X\nU> a1 OK done\nS: * CAPABILITY X\nS: a1 OK done\n");

    [Fact]
    public Task Vector_2() => PlayAsync("imap", Imap + "C: a1 AUTHENTICATE PLAIN\nS: + \nC: AHUAcA==\\\nC: a2 NOOP\n" + Request("plain", "u", "p", "imap") + Ok
        + "U> * OK\nU< a1 LOGIN {1}\nU> + \nU< u {1}\nU> + \nU< p\nU> a1 OK in\nS: a1 OK in\nU< a2 NOOP\n");

    [Fact]
    public Task Vector_3() => PlayAsync("imap", Imap + "C: a1 LOGIN u p\n" + Request("plain", "u", "p", "imap") + "H> HTTP/1.0 200 OK\\r\\nAuth-Status: Bad creds\\r\\n\nS: a1 NO Bad creds\nS: <close>");

    [Fact]
    public async Task Vector_4()
    {
        await PlayAsync("imap", Imap + "C: !!!\nS: * BAD invalid command\nC: a NOOP x y z w\nS: a BAD invalid command");
        await PlayAsync("imap", Imap + "C: a FETCH {4+}\\\nC: b NO\\\nC: c NOOP\nS: a BAD invalid command\nS: c OK completed");
    }

    [Fact]
    public async Task Vector_5()
    {
        await new SessionTranscript { Protocol = "imap", Configure = server => server.Tls.Starttls = StarttlsMode.Only, Cuts = [Chunks.Whole] }.PlayAsync(
            Imap + "C: a CAPABILITY\nS: * CAPABILITY IMAP4 IMAP4rev1 UIDPLUS STARTTLS LOGINDISABLED\nS: a OK completed\nC: a STARTTLS\\\nC: a NOOP\nS: a OK completed\nS: <nothing>\n"
                + FakeTlsFeature.Handshake + "S: <nothing>\n");
    }

    [Fact]
    public Task Vector_6() => PlayAsync(
        "pop3",
        "S: +OK POP3 ready <**.1795454783@mx.test>\nC: APOP u 0123\nH< GET /a HTTP/1.0\nH< Host: 127.0.0.1\nH< Auth-Method: apop\nH< Auth-User: u\nH< Auth-Pass: 0123\nH< Auth-Salt: <**.1795454783@mx.test>\nH< Auth-Protocol: pop3\n",
        server => server.Pop3.Auth = ["plain", "apop", "cram-md5"]);

    [Fact]
    public Task Vector_7() => PlayAsync("pop3", Pop3 + "C: USER a b\nS: +OK\nC: PASS  p q\n" + Request("plain", "a%20b", "p%20q", "pop3") + Ok + "U> +OK\nU< USER a b\nU> +OK\nU< PASS p q\nU> +OK\nS: +OK\n");

    [Fact]
    public async Task Vector_8()
    {
        await PlayAsync("pop3", Pop3 + $"C: USER {new string('a', 248)}\nS: +OK\n");
        await PlayAsync("pop3", Pop3 + $"C: USER {new string('a', 249)}\nS: -ERR invalid command\nS: <close>");
    }

    [Fact]
    public Task Vector_9() => PlayAsync(
        "smtp", Smtp + "C: EHLO c\nS: 250-mx.test\nS: 250-PIPELINING\nS: 250-SIZE 100\nS: 250 AUTH PLAIN LOGIN\n", server => server.Smtp.Capabilities = ["PIPELINING", "SIZE 100"]);

    [Fact]
    public Task Vector_10() => PlayAsync("smtp", Smtp + Ehlo.Replace("EHLO c", "EHLO cl.ient", StringComparison.Ordinal) + "C: AUTH PLAIN AHVzIGVyKz14AHA=\n" + Request("plain", "us%20er+=x", "p", "smtp") + Ok + Offer
        + "U< XCLIENT ADDR=127.0.0.1 LOGIN=us+20er+2B+3Dx NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250 up\nS: 235 2.0.0 OK\n");

    [Fact]
    public Task Vector_11() => PlayAsync(
        "smtp",
        Smtp + "C: EHLO c\nS: 250 mx.test\nC: MAIL FROM:<a> BODY=8BITMIME\nS: 250 2.0.0 OK\nC: RCPT TO:<b>\n"
            + Request("none", "", "", "smtp", "H< Auth-SMTP-Helo: c\nH< Auth-SMTP-From: MAIL FROM:<a> BODY=8BITMIME\nH< Auth-SMTP-To: RCPT TO:<b>\n") + Ok + Offer
            + "U< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO c\nU> 250 up\nU< MAIL FROM:<a> BODY=8BITMIME\nU> 250 ok\nU< RCPT TO:<b>\nU> 550 5.1.1 no user\nS: 550 5.1.1 no user\nC: RCPT TO:<c>\nU< RCPT TO:<c>\n",
        server => server.Smtp.Auth = ["none"]);

    [Fact]
    public Task Vector_12() => PlayAsync(
        "smtp",
        Smtp + Ehlo + "C: AUTH PLAIN AHUAcA==\n" + Request("plain", "u", "p", "smtp") + Ok + Offer
            + "U< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO c\nU> 250-up\nU> 250 AUTH PLAIN\nU< AUTH PLAIN AHUAcA==\nU> 235 in\nS: 235 2.0.0 OK\n",
        server => server.SmtpUpstream.SmtpAuth = true);

    [Fact]
    public Task Vector_13() => PlayAsync("smtp", Smtp + "C: AUTH PLAIN AHUAcA==\n" + Request("plain", "u", "p", "smtp")
        + "H> HTTP/1.0 200 OK\\r\\nAuth-Status: Temp problem\\r\\nAuth-Error-Code: 451 4.3.0\\r\\n\nS: 451 4.3.0 Temp problem\nS: <close>");

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public Task Vector_14(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        return PlayAsync(protocol, dialect.Greeting + dialect.Login + Request("plain", "user", "pass", protocol) + "H> HTTP/1.1 500 Internal Server Error\\r\\nContent-Length: 0\\r\\n\n" + dialect.InternalError
            + "L: Error: auth http server 127.0.0.1:31999 did not send server or port while in http auth state, login: \"user\"\n");
    }

    [Fact]
    public async Task Vector_15()
    {
        var session = new SessionTranscript { Protocol = "smtp", AuthHttp = true, Client = new IPEndPoint(IPAddress.IPv6Loopback, 51438) };
        await session.PlayAsync(Smtp + "C: AUTH PLAIN AHUAcA==\n" + Request("plain", "u", "p", "smtp", client: "::1") + Ok + Offer + "U< XCLIENT ADDR=IPV6:::1 LOGIN=u NAME=[UNAVAILABLE]\nU> 220 again\nS: 235 2.0.0 OK\n");
    }

    [Fact]
    public async Task Vector_16()
    {
        var login = Pop3 + "C: AUTH PLAIN AHUAcA==\n" + Request("plain", "u", "p", "pop3") + Ok;
        await PlayAsync("pop3", login + "U< PROXY TCP4 127.0.0.1 127.0.0.1 51438 31025\nU> +OK\nU< USER u\n", server => server.Proxy.Protocol = ProxyProtocolVersion.On);
        var session = new SessionTranscript
        {
            Protocol = "pop3",
            AuthHttp = true,
            Configure = server => server.Proxy.Protocol = ProxyProtocolVersion.V2,
            Client = new IPEndPoint(IPAddress.Loopback, 0xdc8a),
            Local = new IPEndPoint(IPAddress.Loopback, 0x7933),
        };
        await session.PlayAsync(login + @"U< \r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\x7f\0\0\x01\x7f\0\0\x01\xdc\x8a\x79\x33\x03\0\x04\x7c\x5e\xc0\xb6\c" + "\nU> +OK\nU< USER u\n");
    }

    [Fact]
    public Task Vector_17() => PlayAsync(
        "imap",
        Imap + "C: a STARTTLS\nS: a OK completed\n" + FakeTlsFeature.Handshake + "C: a1 LOGIN u p\n"
            + Request("plain", "u", "p", "imap", "H< Auth-SSL: on\nH< Auth-SSL-Protocol: TLSv1.3\nH< Auth-SSL-Cipher: TLS_AES_256_GCM_SHA384\n") + Ok + "U> * OK hi\nU< a1 LOGIN {1}\n",
        server => server.Tls.Starttls = StarttlsMode.On);

    [Fact]
    public async Task A_proxy_header_of_version_2_tells_of_the_clients_tls()
    {
        var session = new SessionTranscript
        {
            Protocol = "pop3",
            Configure = server => (server.Proxy.Protocol, server.Tls.Starttls) = (ProxyProtocolVersion.V2, StarttlsMode.On),
            Tls = new FakeTlsSession { Name = "mx.test", Alpn = "pop3", Certificate = FakeTlsSession.ClientOne },
        };
        await session.PlayAsync(Pop3 + "C: STLS\nS: +OK\n" + FakeTlsFeature.Handshake + "C: AUTH PLAIN AHUAcA==\n"
            + @"U< \r\n\r\n\0\r\nQUIT\n\x21\x11\0\x73\x7f\0\0\x01\x7f\0\0\x01\xc8\xee\x79\x31\x02\0\x07mx.test\x01\0\x04pop3\x20\0\x4c\x07\0\0\0\0\x21\0\x07TLSv1.3\x22\0\x0aclient one\x23\0\x16TLS_AES_256_GCM_SHA384\x24\0\x0aRSA-SHA256\x25\0\x07RSA2048\x03\0\x04\xe9\x6f\x4f\x07\c");
    }

    private static Task PlayAsync(string protocol, string script, Action<ServerOptions>? configure = null) =>
        new SessionTranscript { Protocol = protocol, AuthHttp = true, Configure = configure ?? (_ => { }) }.PlayAsync(script);

    /// <summary>The first request of a session, line by line.</summary>
    private static string Request(string method, string user, string password, string protocol, string envelope = "", string client = "127.0.0.1")
    {
        var clientHost = protocol == "smtp" ? "H< Client-Host: [UNAVAILABLE]\n" : "";
        return $"H< GET /a HTTP/1.0\nH< Host: 127.0.0.1\nH< Auth-Method: {method}\nH< Auth-User: {user}\nH< Auth-Pass: {password}\nH< Auth-Protocol: {protocol}\nH< Auth-Login-Attempt: 1\nH< Client-IP: {client}\n{clientHost}{envelope}H< \n";
    }
}

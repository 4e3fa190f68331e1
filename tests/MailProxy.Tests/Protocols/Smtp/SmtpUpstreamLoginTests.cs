using System.Net;
using System.Net.Sockets;
using MailProxy.Authentication;
using MailProxy.Diagnostics;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Smtp;

public sealed class SmtpUpstreamLoginTests
{
    private const string Greeting = "S: 220 mx.test ESMTP ready\n";
    private const string Helo = "C: HELO cl.ient\nS: 250 mx.test\n";
    private const string Ehlo = "C: EHLO cl.ient\nS: 250-mx.test\nS: 250 AUTH PLAIN LOGIN\n";
    private const string Login = "C: AUTH PLAIN AHVzZXIAcGFzcw==\n";
    private const string Hello = "U> 220 up\nU< EHLO mx.test\n";
    private const string Offer = Hello + "U> 250-up\nU> 250 XCLIENT NAME ADDR\n";
    private const string Done = "S: 235 2.0.0 OK\n";

    public static TheoryData<string, string> Refusals => new()
    {
        { "", "554 no" },
        { "", "250 not a greeting" },
        { Hello, "500 no" },
        { Offer + "U< XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]\n", "550 no" },
        { Offer + "U< XCLIENT **\nU> 250 ok\nU< EHLO cl.ient\n", "501 bad name" },
        { Offer + "U< XCLIENT **\nU> 250 ok\nU< EHLO cl.ient\n", "220 not an answer to EHLO" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public Task A_refusal_is_an_internal_error_unless_its_message_is_passed(string upstream, string refusal) =>
        RefuseAsync(Greeting + Ehlo + Login + upstream, refusal, _ => { });

    [Fact]
    public Task A_refused_password_is_an_internal_error_unless_its_message_is_passed() =>
        RefuseAsync(Greeting + Login + "U> 220 up\nU< HELO mx.test\nU> 250 up\nU< AUTH PLAIN AHVzZXIAcGFzcw==\n", "535 no", server => (server.Proxy.SmtpAuth, server.Proxy.Xclient) = (true, false));

    [Fact]
    public Task A_refused_sender_is_an_internal_error_unless_its_message_is_passed() =>
        RefuseAsync(
            Greeting + "C: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: RCPT TO:<b>\nU> 220 up\nU< HELO mx.test\nU> 250 up\nU< MAIL FROM:<a>\n", "552 too much",
            server => (server.Smtp.Auth, server.Proxy.Xclient) = (["none"], false));

    [Fact]
    public async Task A_refusal_that_echoes_the_password_is_logged_without_it()
    {
        var session = new SessionTranscript { Protocol = "smtp", Configure = server => (server.Proxy.SmtpAuth, server.Proxy.Xclient) = (true, false) };
        await session.PlayAsync(Greeting + Login + "U> 220 up\nU< HELO mx.test\nU> 250 up\nU< AUTH PLAIN **\nU> 502 \"AUTH PLAIN AHVzZXIAcGFzcw==\" with pass\nS: 451 4.3.2 Internal server error\nS: <close>");
        Assert.Contains("Error: upstream sent invalid response: \"(withheld, the password is in it)\"", session.Log.Lines);
    }

    [Theory]
    [InlineData("", "EHLO mx.test", "")]
    [InlineData(Helo, "EHLO mx.test", "HELO cl.ient")]
    [InlineData(Ehlo, "EHLO mx.test", "EHLO cl.ient")]
    [InlineData(Ehlo + Helo, "EHLO mx.test", "EHLO cl.ient")]
    public Task With_xclient_the_clients_own_name_follows(string client, string hello, string clientHello) =>
        new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Accept("us er+=x")] }.PlayAsync($"""
            {Greeting}{client}{Login}U> 220 up
            U< {hello}
            U> 250-up
            U> 250 XCLIENT NAME ADDR
            U< XCLIENT ADDR=127.0.0.1 LOGIN=us+20er+2B+3Dx NAME=[UNAVAILABLE]
            U> 220 again
            {(clientHello.Length > 0 ? $"U< {clientHello}\nU> 250 up\n" : "")}{Done}C: MAIL FROM:<a>
            U< MAIL FROM:<a>
            """);

    [Theory]
    [InlineData("", "HELO mx.test")]
    [InlineData(Helo, "HELO mx.test")]
    [InlineData(Ehlo, "EHLO mx.test")]
    [InlineData(Ehlo + Helo, "EHLO mx.test")]
    public Task Without_xclient_the_upstream_gets_one_greeting(string client, string hello) =>
        new SessionTranscript { Protocol = "smtp", Configure = server => server.Proxy.Xclient = false }
            .PlayAsync($"{Greeting}{client}{Login}U> 220 up\nU< {hello}\nU> 250-up\nU> 250 XCLIENT NAME ADDR\n{Done}U< <nothing>");

    [Theory]
    [InlineData("XCLIENT", "XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]")]
    [InlineData("xclient name", "XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]")]
    [InlineData("XCLIENT PROTO", "XCLIENT PROTO=ESMTP ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]")]
    [InlineData("XCLIENT HELO", "XCLIENT HELO=cl.ient ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]")]
    [InlineData("XCLIENT PORT DESTPORT DESTADDR", "XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE] PORT=51438 DESTADDR=127.0.0.1 DESTPORT=31025")]
    public Task Attributes_beyond_nginx_are_sent_where_the_upstream_lists_them(string offer, string sent) =>
        new SessionTranscript { Protocol = "smtp" }
            .PlayAsync($"{Greeting}{Ehlo}{Login}{Hello}U> 250-up\nU> 250-{offer}\nU> 250 SIZE 1\nU< {sent}\nU> 250 ok\nU< EHLO cl.ient\nU> 250 up\n{Done}");

    [Fact]
    public Task Attributes_of_an_ipv6_client_come_in_the_documented_order() =>
        new SessionTranscript { Protocol = "smtp", ClientHosts = new FixedClientHost("client.test"), Client = new IPEndPoint(IPAddress.Parse("fe80::1%2"), 4711), Local = new IPEndPoint(IPAddress.IPv6Loopback, 25) }
            .PlayAsync($"""
                {Greeting}{Helo}{Login}{Hello}U> 250-up
                U> 250 XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT
                U< XCLIENT PROTO=SMTP HELO=cl.ient ADDR=IPV6:fe80::1 LOGIN=user NAME=client.test PORT=4711 DESTADDR=IPV6:::1 DESTPORT=25
                U> 220 again
                U< HELO cl.ient
                U> 250 up
                {Done}
                """);

    [Theory]
    [InlineData("::1", "IPV6:::1")]
    [InlineData("::ffff:1.2.3.4", "IPV6:::ffff:1.2.3.4")]
    [InlineData("2001:db8::1", "IPV6:2001:db8::1")]
    [InlineData("192.0.2.1", "192.0.2.1")]
    public Task The_clients_address_is_written_as_nginx_writes_it(string address, string sent) =>
        new SessionTranscript { Protocol = "smtp", Client = new IPEndPoint(IPAddress.Parse(address), 1) }
            .PlayAsync($"{Greeting}{Login}{Offer}U< XCLIENT ADDR={sent} LOGIN=user NAME=[UNAVAILABLE]\nU> 220 again\n{Done}");

    [Fact]
    public Task A_unix_client_has_no_address_and_no_port() =>
        new SessionTranscript { Protocol = "smtp", Client = new UnixDomainSocketEndPoint("/client"), Local = new UnixDomainSocketEndPoint("/run/mail.sock"), ClientHosts = new FixedClientHost("[TEMPUNAVAIL]") }
            .PlayAsync($"{Greeting}{Login}{Hello}U> 250-up\nU> 250 XCLIENT NAME ADDR PORT DESTADDR DESTPORT\nU< XCLIENT ADDR=unix: LOGIN=user NAME=[TEMPUNAVAIL] DESTADDR=unix:\nU> 220 again\n{Done}");

    [Fact]
    public async Task An_upstream_that_does_not_offer_xclient_is_not_sent_it_and_the_log_says_so()
    {
        var session = new SessionTranscript { Protocol = "smtp" };
        await session.PlayAsync($"{Greeting}{Ehlo}{Login}{Hello}U> 250-up\nU> 250 XCLIENTS\nU< EHLO cl.ient\nU> 250 up\n{Done}");
        Assert.Contains(session.Log.Lines, line => line.StartsWith("Warning: upstream does not offer XCLIENT", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, false, null, "U< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250 up\n")]
    [InlineData(true, true, null, "U< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250 up\nU< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235 ok\n")]
    [InlineData(true, false, true, "U< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250 up\nU< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235 ok\n")]
    [InlineData(true, true, false, "U< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250 up\n")]
    [InlineData(false, false, null, "U< EHLO mx.test\nU> 250 XCLIENT\n")]
    [InlineData(false, true, null, "U< EHLO mx.test\nU> 250 XCLIENT\nU< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235-ok\nU> 235 ok\n")]
    [InlineData(false, false, true, "U< EHLO mx.test\nU> 250 XCLIENT\nU< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235 ok\n")]
    [InlineData(false, true, false, "U< EHLO mx.test\nU> 250 XCLIENT\n")]
    public Task Xclient_proxy_smtp_auth_and_auth_smtp_choose_the_path(bool xclient, bool configured, bool? answered, string upstream) =>
        new SessionTranscript
        {
            Protocol = "smtp",
            Answers = [FixedAuthenticator.Accept(smtpAuth: answered)],
            Configure = server => (server.Proxy.Xclient, server.Proxy.SmtpAuth) = (xclient, configured),
        }.PlayAsync($"{Greeting}{Ehlo}{Login}U> 220 up\n{upstream}{Done}U< <nothing>");

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_password_is_needed_only_where_the_upstream_gets_it(bool smtpAuth)
    {
        var session = new SessionTranscript
        {
            Protocol = "smtp",
            Answers = [new AuthResult { Status = AuthStatus.Accepted, Proof = ProofCheck.AuthServer, Upstream = FixedAuthenticator.Upstream, Login = "user"u8.ToArray() }],
            Configure = server => (server.Proxy.SmtpAuth, server.Proxy.Xclient) = (smtpAuth, false),
        };
        var end = smtpAuth ? "S: 451 4.3.2 Internal server error\nS: <close>\nL: Error: no password available **" : Done;
        await session.PlayAsync($"{Greeting}{Login}U> 220 up\nU< HELO mx.test\nU> 250 up\n{end}");
    }

    [Theory, InlineData("us\0er", "pass"), InlineData("user", "pa\0ss")]
    public async Task A_NUL_in_credentials_never_reaches_the_upstream(string login, string password)
    {
        var session = new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Accept(login, password)], Configure = server => (server.Proxy.SmtpAuth, server.Proxy.Xclient) = (true, false) };
        await session.PlayAsync($"{Greeting}{Login}U> 220 up\nU< HELO mx.test\nU> 250 up\nU< <close>\nS: 451 4.3.2 Internal server error\nS: <close>");
    }

    [Fact]
    public Task A_line_end_in_the_login_is_xtext_to_the_upstream() =>
        new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Accept("a\r\nQUIT")] }
            .PlayAsync($"{Greeting}{Login}{Offer}U< XCLIENT ADDR=127.0.0.1 LOGIN=a+0D+0AQUIT NAME=[UNAVAILABLE]\nU> 220 again\n{Done}");

    [Theory]
    [InlineData("250 2.1.5 ok")]
    [InlineData("450 4.2.1 later")]
    [InlineData("550-5.1.1 no\\r\\n550 5.1.1 no user")]
    public Task Without_authentication_the_answer_to_the_first_recipient_goes_through_and_the_client_may_try_another(string answer) =>
        new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.Auth = ["none"], Answers = [FixedAuthenticator.Accept("", "")] }.PlayAsync($"""
            {Greeting}C: EHLO c
            S: 250 mx.test
            C: MAIL FROM:<a> BODY=8BITMIME
            S: 250 2.0.0 OK
            C: RCPT TO:<b>\
            C: RCPT TO:<c>
            {Offer}U< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]
            U> 220 again
            U< EHLO c
            U> 250 up
            U< MAIL FROM:<a> BODY=8BITMIME
            U> 250 ok
            U< RCPT TO:<b>
            U> {answer}
            S: {answer.Replace("\\r\\n", "\nS: ", StringComparison.Ordinal)}
            U< RCPT TO:<c>
            U> 250 ok
            S: 250 ok
            """);

    [Theory]
    [InlineData(false, false, "")]
    [InlineData(true, false, " LOGIN=user")]
    [InlineData(true, true, "")]
    public Task Without_authentication_xclient_has_the_login_that_the_auth_server_gives(bool hasLogin, bool smtpAuth, string sent) =>
        new SessionTranscript
        {
            Protocol = "smtp",
            Configure = server => (server.Smtp.Auth, server.Proxy.SmtpAuth) = (["none"], smtpAuth),
            Answers = [FixedAuthenticator.Accept(hasLogin ? "user" : "", "", hasLogin: hasLogin)],
        }.PlayAsync($"""
            {Greeting}C: MAIL FROM:<a>
            S: 250 2.0.0 OK
            C: RCPT TO:<b>
            {Offer}U< XCLIENT ADDR=127.0.0.1{sent} NAME=[UNAVAILABLE]
            U> 220 again
            U< MAIL FROM:<a>
            U> 250 ok
            U< RCPT TO:<b>
            U> 250 ok
            S: 250 ok
            """);

    [Fact]
    public Task A_refused_recipient_with_wait_keeps_the_sender() =>
        new SessionTranscript
        {
            Protocol = "smtp",
            Configure = server => (server.Smtp.Auth, server.Proxy.Xclient) = (["none"], false),
            Answers = [FixedAuthenticator.Reject("no such user", wait: 1, code: "550 5.1.1"), FixedAuthenticator.Accept("", "")],
        }.PlayAsync($"""
            {Greeting}C: MAIL FROM:<a>
            S: 250 2.0.0 OK
            C: RCPT TO:<b>\
            C: RCPT TO:<c>
            T: 1
            S: 550 5.1.1 no such user
            U> 220 up
            U< HELO mx.test
            U> 250 up
            U< MAIL FROM:<a>
            U> 250 ok
            U< RCPT TO:<c>
            U> 250 ok
            S: 250 ok
            """);

    private static async Task RefuseAsync(string script, string refusal, Action<MailProxy.Configuration.ServerOptions> configure)
    {
        var quiet = new SessionTranscript { Protocol = "smtp", Configure = configure };
        Assert.Equal(SessionEndReason.UpstreamRejected, await quiet.PlayAsync($"{script}U> {refusal}\nS: 451 4.3.2 Internal server error\nS: <close>\nU< <close>"));
        Assert.Contains($"Error: upstream sent invalid response: \"{refusal}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500", quiet.Log);
        var open = new SessionTranscript
        {
            Protocol = "smtp",
            Configure = server =>
            {
                configure(server);
                server.Proxy.PassErrorMessage = true;
            },
        };
        Assert.Equal(SessionEndReason.UpstreamRejected, await open.PlayAsync($"{script}U> {refusal}\nS: {refusal}\nS: <close>\nU< <close>"));
        Assert.Contains($"Information: upstream sent invalid response: \"{refusal}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500", open.Log);
    }
}

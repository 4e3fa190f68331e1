using System.Net;
using System.Net.Sockets;
using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Protocols.Smtp;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;
using MailProxy.Upstreams;

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

    private const string UpToAuth = Greeting + Ehlo + Login + Hello + "U> 250-up\nU> 250 AUTH PLAIN\nU< AUTH PLAIN AHVzZXIAcGFzcw==\n";
    private const string Failure = "S: 451 4.3.2 Internal server error\nS: <close>\nU< <close>";

    /// <summary>What is no answer to the client's own AUTH, MAIL or RCPT.</summary>
    public static TheoryData<string, string> Failures => new()
    {
        { "", "554 no" },
        { "", "421 too many" },
        { "", "250 not a greeting" },
        { "", "* OK IMAP" },
        { Hello, "500 no" },
        { Hello, "503 no" },
        { Hello, "250-up\\r\\n550 no" },
        { Offer + "U< XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]\n", "550 no" },
        { Offer + "U< XCLIENT **\nU> 250 ok\nU< EHLO cl.ient\n", "501 bad name" },
        { Offer + "U< XCLIENT **\nU> 250 ok\nU< EHLO cl.ient\n", "220 not an answer to EHLO" },
    };

    [Theory, MemberData(nameof(Failures))]
    public async Task What_answers_no_command_of_the_client_is_never_passed(string upstream, string reply)
    {
        var logged = reply.Replace("\\r\\n", "\\x0D\\x0A", StringComparison.Ordinal);
        foreach (var passes in new[] { false, true })
        {
            var session = Session(server => server.Proxy.PassErrorMessage = passes);
            Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{Greeting}{Ehlo}{Login}{upstream}U> {reply}\n{Failure}"));
            Assert.Contains($"Error: upstream sent invalid response: \"{logged}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500", session.Log);
        }
    }

    [Theory]
    [InlineData("535 5.7.8 no", false)]
    [InlineData("535-5.7.8 no\\r\\n535 5.7.8 really", false)]
    [InlineData("525 5.7.13 disabled", false)]
    [InlineData("534 5.7.9 app password needed", false)]
    [InlineData("550 5.7.1 locked", false)]
    [InlineData("454 4.7.0 later", true)]
    [InlineData("432 4.7.12 new password needed", true)]
    public async Task A_refused_login_is_a_temporary_failure_unless_its_message_is_passed(string refusal, bool isTemporary)
    {
        var reason = isTemporary ? SessionEndReason.UpstreamUnavailable : SessionEndReason.UpstreamRejected;
        var quiet = Session(server => server.SmtpUpstream.SmtpAuth = true);
        Assert.Equal(reason, await quiet.PlayAsync($"{UpToAuth}U> {refusal}\n{Failure}"));
        var open = Session(server => server.Proxy.PassErrorMessage = server.SmtpUpstream.SmtpAuth = true);
        Assert.Equal(reason, await open.PlayAsync($"{UpToAuth}U> {refusal}\nS: {refusal.Replace("\\r\\n", "\nS: ", StringComparison.Ordinal)}\nS: <close>\nU< <close>"));
    }

    /// <summary>Clients take some of them for a success (smtplib: 503), or give up for good.</summary>
    [Theory]
    [InlineData("503 5.5.1 already authenticated")]
    [InlineData("504 5.5.4 mechanism unknown")]
    [InlineData("500 5.5.2 what")]
    [InlineData("530 5.7.0 STARTTLS first")]
    [InlineData("538 5.7.11 encryption needed")]
    [InlineData("421 4.3.2 going down")]
    [InlineData("250 2.0.0 fine")]
    [InlineData("334 go on")]
    [InlineData("235-in\\r\\n535 out")]
    public async Task Any_other_answer_to_our_AUTH_is_a_temporary_failure(string reply)
    {
        var session = Session(server => server.Proxy.PassErrorMessage = server.SmtpUpstream.SmtpAuth = true);
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{UpToAuth}U> {reply}\n{Failure}"));
    }

    [Theory]
    [InlineData("552 too much", true, nameof(SessionEndReason.UpstreamRejected))]
    [InlineData("501 5.1.7 bad sender", true, nameof(SessionEndReason.UpstreamRejected))]
    [InlineData("452 4.3.1 full", true, nameof(SessionEndReason.UpstreamUnavailable))]
    [InlineData("503 5.5.1 HELO first", false, nameof(SessionEndReason.UpstreamUnavailable))]
    [InlineData("421 4.3.2 going down", false, nameof(SessionEndReason.UpstreamUnavailable))]
    public async Task A_refused_sender_is_a_temporary_failure_unless_its_message_is_passed(string reply, bool isPassed, string reason)
    {
        foreach (var passes in new[] { false, true })
        {
            var session = Session(server => (server.Smtp.Auth, server.SmtpUpstream.Xclient, server.Proxy.PassErrorMessage) = (["none"], false, passes));
            var upstream = "U> 220 up\nU< HELO mx.test\nU> 250 up\nU< MAIL FROM:<a>\n";
            var end = await session.PlayAsync($"{Greeting}C: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: RCPT TO:<b>\n{upstream}U> {reply}\n{(passes && isPassed ? $"S: {reply}\nS: <close>" : Failure)}");
            Assert.Equal(reason, end.ToString());
        }
    }

    [Fact]
    public async Task Where_only_LOGIN_is_offered_it_is_used()
    {
        var upToPrompt = Greeting + Ehlo + Login + Hello + "U> 250-up\nU> 250 AUTH LOGIN CRAM-MD5\nU< AUTH LOGIN\n";
        var session = Session(server => server.SmtpUpstream.SmtpAuth = true);
        await session.PlayAsync(upToPrompt + "U> 334 VXNlcm5hbWU6\nU< dXNlcg==\nU> 334 UGFzc3dvcmQ6\nU< cGFzcw==\nU> 235 in\n" + Done);
        var passing = Session(server => server.Proxy.PassErrorMessage = server.SmtpUpstream.SmtpAuth = true);
        await passing.PlayAsync(upToPrompt + "U> 334 VXNlcm5hbWU6\nU< dXNlcg==\nU> 334 UGFzc3dvcmQ6\nU< cGFzcw==\nU> 535 no\nS: 535 no\nS: <close>");
        await passing.PlayAsync(upToPrompt + "U> 503 no\n" + Failure);
    }

    [Theory]
    [InlineData("250 up", "")]
    [InlineData("250-up\nU> 250 STARTTLS", " (is \"proxy_ssl starttls\" missing?)")]
    [InlineData("250-up\nU> 250 AUTH CRAM-MD5 GSSAPI", "")]
    public async Task No_password_goes_where_no_AUTH_for_it_is_offered(string offer, string hint)
    {
        var session = Session(server => (server.SmtpUpstream.SmtpAuth, server.Proxy.PassErrorMessage) = (true, true));
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{Greeting}{Ehlo}{Login}{Hello}U> {offer}\nU< <close>\nS: 451 4.3.2 Internal server error\nS: <close>"));
        Assert.Contains($"Error: upstream offers neither AUTH PLAIN nor AUTH LOGIN{hint}, the password is not sent while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500", session.Log);
    }

    [Fact]
    public async Task A_long_initial_response_has_a_line_of_its_own()
    {
        foreach (var (length, isOneLine) in new[] { (366, true), (367, false) })
        {
            var message = Convert.ToBase64String([0, .. "user"u8, 0, .. Enumerable.Repeat((byte)'x', length)]);
            var session = new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Accept("user", new string('x', length))], Configure = server => (server.SmtpUpstream.SmtpAuth, server.SmtpUpstream.Xclient) = (true, false) };
            await session.PlayAsync($"{Greeting}{Login}{Hello}U> 250 AUTH PLAIN\n{(isOneLine ? $"U< AUTH PLAIN {message}" : $"U< AUTH PLAIN\nU> 334 \nU< {message}")}\nU> 235 in\n{Done}");
        }
    }

    [Fact]
    public async Task A_refusal_that_echoes_the_password_is_logged_without_it()
    {
        var session = new SessionTranscript { Protocol = "smtp", Configure = server => (server.SmtpUpstream.SmtpAuth, server.SmtpUpstream.Xclient) = (true, false) };
        await session.PlayAsync(Greeting + Login + "U> 220 up\nU< EHLO mx.test\nU> 250 AUTH PLAIN\nU< AUTH PLAIN **\nU> 502 \"AUTH PLAIN AHVzZXIAcGFzcw==\" with pass\nS: 451 4.3.2 Internal server error\nS: <close>");
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
        new SessionTranscript { Protocol = "smtp", Configure = server => server.SmtpUpstream.Xclient = false }
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
        await session.PlayAsync($"{Greeting}{Ehlo}{Login}{Hello}U> 250-up\nU> 250 XCLIENTS\n{Done}U< <nothing>");
        Assert.Contains(session.Log.Lines, line => line.StartsWith("Warning: upstream does not offer XCLIENT", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, false, null, "U< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250 up\n")]
    [InlineData(true, true, null, "U< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250-up\nU> 250 AUTH PLAIN\nU< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235 ok\n")]
    [InlineData(true, false, true, "U< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250-up\nU> 250 AUTH PLAIN\nU< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235 ok\n")]
    [InlineData(true, true, false, "U< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT ADDR=127.0.0.1 LOGIN=user NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250 up\n")]
    [InlineData(false, false, null, "U< EHLO mx.test\nU> 250 XCLIENT\n")]
    [InlineData(false, true, null, "U< EHLO mx.test\nU> 250-XCLIENT\nU> 250 AUTH LOGIN PLAIN\nU< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235-ok\nU> 235 ok\n")]
    [InlineData(false, false, true, "U< EHLO mx.test\nU> 250-XCLIENT\nU> 250 AUTH LOGIN PLAIN\nU< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235 ok\n")]
    [InlineData(false, true, false, "U< EHLO mx.test\nU> 250 XCLIENT\n")]
    public Task Xclient_proxy_smtp_auth_and_auth_smtp_choose_the_path(bool xclient, bool configured, bool? answered, string upstream) =>
        new SessionTranscript
        {
            Protocol = "smtp",
            Answers = [FixedAuthenticator.Accept(smtpAuth: answered)],
            Configure = server => (server.SmtpUpstream.Xclient, server.SmtpUpstream.SmtpAuth) = (xclient, configured),
        }.PlayAsync($"{Greeting}{Ehlo}{Login}U> 220 up\n{upstream}{Done}U< <nothing>");

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_password_is_needed_only_where_the_upstream_gets_it(bool smtpAuth)
    {
        var session = new SessionTranscript
        {
            Protocol = "smtp",
            Answers = [new AuthResult { Status = AuthStatus.Accepted, Proof = ProofCheck.AuthServer, Upstream = FixedAuthenticator.Upstream, Login = "user"u8.ToArray() }],
            Configure = server => (server.SmtpUpstream.SmtpAuth, server.SmtpUpstream.Xclient) = (smtpAuth, false),
        };
        var end = smtpAuth ? "S: 451 4.3.2 Internal server error\nS: <close>\nL: Error: no password available **" : Done;
        await session.PlayAsync($"{Greeting}{Login}U> 220 up\nU< {(smtpAuth ? "EHLO" : "HELO")} mx.test\nU> 250 up\n{end}");
    }

    [Theory, InlineData("us\0er", "pass"), InlineData("user", "pa\0ss")]
    public async Task A_NUL_in_credentials_never_reaches_the_upstream(string login, string password)
    {
        var session = new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Accept(login, password)], Configure = server => (server.SmtpUpstream.SmtpAuth, server.SmtpUpstream.Xclient) = (true, false) };
        await session.PlayAsync($"{Greeting}{Login}U> 220 up\nU< EHLO mx.test\nU> 250 AUTH PLAIN\nU< <close>\nS: 451 4.3.2 Internal server error\nS: <close>");
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
            Configure = server => (server.Smtp.Auth, server.SmtpUpstream.SmtpAuth) = (["none"], smtpAuth),
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
            Configure = server => (server.Smtp.Auth, server.SmtpUpstream.Xclient) = (["none"], false),
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

    private static SessionTranscript Session(Action<MailProxy.Configuration.ServerOptions> configure) => new() { Protocol = "smtp", Configure = configure };
}

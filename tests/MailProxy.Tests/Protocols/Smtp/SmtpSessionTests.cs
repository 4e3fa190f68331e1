using System.Net;
using System.Text;
using MailProxy.Diagnostics;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Smtp;

public sealed class SmtpSessionTests
{
    private const string Greeting = "S: 220 mx.test ESMTP ready\n";

    public static TheoryData<string, string> Dialogues => new()
    {
        { "helo", "C: HELO c\nS: 250 mx.test" },
        { "ehlo", "C: EHLO c\nS: 250-mx.test\nS: 250-PIPELINING\nS: 250-SIZE 100\nS: 250 AUTH PLAIN LOGIN" },
        { "helo without name", "C: HELO\nS: 501 5.5.4 Invalid argument" },
        { "ehlo with two names", "C: EHLO a b\nS: 501 5.5.4 Invalid argument" },
        { "auth alone", "C: AUTH\nS: 501 5.5.4 Invalid argument" },
        { "auth of an unknown mechanism", "C: AUTH GSSAPI\nS: 500 5.5.1 Invalid command" },
        { "auth cancelled", "C: AUTH PLAIN\nS: 334 \nC: *\nS: 500 5.5.1 Invalid command\nC: NOOP\nS: 250 2.0.0 OK" },
        { "mail needs authentication", "C: MAIL FROM:<a>\nS: 530 5.7.1 Authentication required\nC: NOOP\nS: 250 2.0.0 OK" },
        { "mail pipelined with more", "C: MAIL FROM:<a>\\\nC: NOOP\nS: 530 5.7.1 Authentication required\nS: 250 2.0.0 OK" },
        { "rcpt without mail", "C: RCPT TO:<a>\nS: 503 5.5.1 Bad sequence of commands" },
        { "rset", "C: RSET\nS: 250 2.0.0 OK" },
        { "noop", "C: NOOP ignored\nS: 250 2.0.0 OK" },
        { "quit", "C: QUIT\nS: 221 2.0.0 Bye\nS: <close>" },
        { "starttls is off", "C: STARTTLS\nS: 500 5.5.1 Invalid command" },
        { "vrfy, expn, help do not count", string.Concat(Enumerable.Repeat("C: VRFY a\nS: 500 5.5.1 Invalid command\nC: EXPN a\nS: 500 5.5.1 Invalid command\nC: HELP\nS: 500 5.5.1 Invalid command\n", 3)) },
        { "data counts", string.Concat(Enumerable.Repeat("C: DATA\nS: 500 5.5.1 Invalid command\n", 5)) + "S: <close>" },
        { "bare line feed", "C: NOOP\\n\\c\nS: 250 2.0.0 OK" },
        { "empty line", "C: \nS: 500 5.5.1 Invalid command" },
    };

    public static TheoryData<string, string, string> Logins => new()
    {
        { "plain", "C: AUTH PLAIN AHVzZXIAcGFzcw==", "plain user pass" },
        { "plain after a prompt", "C: auth plain\nS: 334 \nC: AHVzZXIAcGFzcw==", "plain user pass" },
        { "login", "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: dXNlcg==\nS: 334 UGFzc3dvcmQ6\nC: cGFzcw==", "plain user pass" },
        { "cram-md5", "C: AUTH CRAM-MD5\nS: 334 PD**\nC: dXNlciAwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==", "cram-md5 user 0123456789abcdef0123456789abcdef" },
        { "external", "C: AUTH EXTERNAL\nS: 334 VXNlcm5hbWU6\nC: dXNlcg==", "external user " },
    };

    [Theory, MemberData(nameof(Dialogues))]
    public async Task Commands_before_login_are_answered_as_nginx_answers_them(string name, string script)
    {
        foreach (var chunks in Enum.GetValues<Chunks>())
        {
            Assert.NotEmpty(name);
            await new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.Capabilities = ["PIPELINING", "SIZE 100"] }.PlayAsync(Greeting + script, chunks);
        }
    }

    [Theory, MemberData(nameof(Logins))]
    public async Task Every_way_to_log_in_is_understood(string name, string script, string login)
    {
        foreach (var chunks in Enum.GetValues<Chunks>())
        {
            Assert.NotEmpty(name);
            await new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.Auth = ["plain", "login", "cram-md5", "external"] }.PlayAsync(Greeting + script + $"""

                U> 220 up
                U< EHLO mx.test
                U> 250 up
                S: 235 2.0.0 OK
                A: {login}
                """, chunks);
        }
    }

    [Fact]
    public Task Without_capabilities_and_methods_ehlo_has_one_line() =>
        new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.Auth = ["none"] }.PlayAsync(Greeting + "C: EHLO c\nS: 250 mx.test");

    [Theory, InlineData(Chunks.Whole), InlineData(Chunks.PerByte)]
    public Task Xclient_carries_the_login_in_xtext_and_the_clients_own_name_follows(Chunks chunks) =>
        new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Accept("us er+=x")] }.PlayAsync(Greeting + """
            C: EHLO cl.ient
            S: 250-mx.test
            S: 250 AUTH PLAIN LOGIN
            C: AUTH PLAIN AHUAcA==
            U> 220 up
            U< EHLO mx.test
            U> 250-up
            U> 250 XCLIENT NAME ADDR
            U< XCLIENT ADDR=127.0.0.1 LOGIN=us+20er+2B+3Dx NAME=[UNAVAILABLE]
            U> 220 again
            U< EHLO cl.ient
            U> 250 up
            S: 235 2.0.0 OK
            C: MAIL FROM:<a>
            U< MAIL FROM:<a>
            """, chunks);

    [Fact]
    public Task Attributes_that_the_upstream_lists_are_sent_in_the_documented_order() =>
        new SessionTranscript { Protocol = "smtp", ClientHost = "client.test", Client = new IPEndPoint(IPAddress.IPv6Loopback, 4711), Local = new IPEndPoint(IPAddress.IPv6Loopback, 25) }
            .PlayAsync(Greeting + """
                C: HELO cl.ient
                S: 250 mx.test
                C: AUTH PLAIN AHVzZXIAcGFzcw==
                U> 220 up
                U< EHLO mx.test
                U> 250-up
                U> 250 XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT
                U< XCLIENT PROTO=SMTP HELO=cl.ient ADDR=IPV6:::1 LOGIN=user NAME=client.test PORT=4711 DESTADDR=IPV6:::1 DESTPORT=25
                U> 220 again
                U< HELO cl.ient
                U> 250 up
                S: 235 2.0.0 OK
                """);

    [Fact]
    public async Task An_upstream_that_does_not_offer_xclient_is_not_sent_it_and_the_log_says_so()
    {
        var session = new SessionTranscript { Protocol = "smtp" };
        await session.PlayAsync(Greeting + """
            C: EHLO c
            S: 250-mx.test
            S: 250 AUTH PLAIN LOGIN
            C: AUTH PLAIN AHVzZXIAcGFzcw==
            U> 220 up
            U< EHLO mx.test
            U> 250 up
            U< EHLO c
            U> 250 up
            S: 235 2.0.0 OK
            """);
        Assert.Contains(session.Log.Lines, line => line.StartsWith("Warning: upstream does not offer XCLIENT", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "HELO mx.test")]
    [InlineData("C: HELO c\nS: 250 mx.test\n", "HELO mx.test")]
    [InlineData("C: EHLO c\nS: 250-mx.test\nS: 250 AUTH PLAIN LOGIN\n", "EHLO mx.test")]
    [InlineData("C: EHLO c\nS: 250-mx.test\nS: 250 AUTH PLAIN LOGIN\nC: HELO c\nS: 250 mx.test\n", "EHLO mx.test")]
    public Task Without_xclient_the_upstream_gets_one_greeting(string client, string hello) =>
        new SessionTranscript { Protocol = "smtp", Configure = server => server.Proxy.Xclient = false }.PlayAsync(Greeting + client + $"""
            C: AUTH PLAIN AHVzZXIAcGFzcw==
            U> 220 up
            U< {hello}
            U> 250 up
            S: 235 2.0.0 OK
            """);

    [Fact]
    public Task With_proxy_smtp_auth_the_upstream_gets_the_password_and_xclient_no_login() =>
        new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Accept("u", "p")], Configure = server => server.Proxy.SmtpAuth = true }.PlayAsync(Greeting + """
            C: AUTH PLAIN AHUAcA==
            U> 220 up
            U< EHLO mx.test
            U> 250-up
            U> 250 XCLIENT NAME ADDR
            U< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]
            U> 220 again
            U< AUTH PLAIN AHUAcA==
            U> 235 ok
            S: 235 2.0.0 OK
            """);

    [Theory, InlineData(false, true), InlineData(true, false)]
    public Task The_answers_auth_smtp_overrides_proxy_smtp_auth(bool configured, bool answered) =>
        new SessionTranscript
        {
            Protocol = "smtp",
            Answers = [FixedAuthenticator.Accept("u", "p", smtpAuth: answered)],
            Configure = server => (server.Proxy.SmtpAuth, server.Proxy.Xclient) = (configured, false),
        }.PlayAsync(Greeting + "C: AUTH PLAIN AHUAcA==\nU> 220 up\nU< HELO mx.test\nU> 250 up\n" + (answered ? "U< AUTH PLAIN AHUAcA==\nU> 235 ok\n" : "") + "S: 235 2.0.0 OK");

    [Fact]
    public async Task Proxy_smtp_auth_without_a_password_is_an_internal_error()
    {
        var session = new SessionTranscript
        {
            Protocol = "smtp",
            Answers = [new() { Status = MailProxy.Authentication.AuthStatus.Accepted, Upstream = FixedAuthenticator.Upstream, Login = "u"u8.ToArray() }],
            Configure = server => (server.Proxy.SmtpAuth, server.Proxy.Xclient) = (true, false),
        };
        await session.PlayAsync(Greeting + "C: AUTH PLAIN AHUAcA==\nU> 220 up\nU< HELO mx.test\nU> 250 up\nS: 451 4.3.2 Internal server error\nS: <close>");
        Assert.Contains("Error: no password available", session.Log.Lines);
    }

    [Theory, InlineData(Chunks.Whole), InlineData(Chunks.PerByte)]
    public async Task Without_authentication_the_first_recipient_chooses_the_upstream_and_its_refusal_goes_through(Chunks chunks)
    {
        var session = new SessionTranscript
        {
            Protocol = "smtp",
            Configure = server => server.Smtp.Auth = ["none"],
            Answers = [FixedAuthenticator.Accept("", "")],
        };
        await session.PlayAsync(Greeting + """
            C: EHLO c
            S: 250 mx.test
            C: RCPT TO:<b>
            S: 503 5.5.1 Bad sequence of commands
            C: MAIL
            S: 501 5.5.4 Invalid argument
            C: MAIL FROM:<a> BODY=8BITMIME
            S: 250 2.0.0 OK
            C: MAIL FROM:<x>
            S: 503 5.5.1 Bad sequence of commands
            C: RCPT
            S: 501 5.5.4 Invalid argument
            C: RCPT TO:<b>
            A: none  
            U> 220 up
            U< EHLO mx.test
            U> 250-up
            U> 250 XCLIENT NAME ADDR
            U< XCLIENT ADDR=127.0.0.1 NAME=[UNAVAILABLE]
            U> 220 again
            U< EHLO c
            U> 250 up
            U< MAIL FROM:<a> BODY=8BITMIME
            U> 250 ok
            U< RCPT TO:<b>
            U> 550-5.1.1 no
            U> 550 5.1.1 no user
            S: 550-5.1.1 no
            S: 550 5.1.1 no user
            C: RCPT TO:<c>
            U< RCPT TO:<c>
            """, chunks);
        var envelope = session.Authenticator.Requests[0].Envelope!;
        Assert.Equal(("c", "MAIL FROM:<a> BODY=8BITMIME", "RCPT TO:<b>"), (Text(envelope.Helo), Text(envelope.MailFrom), Text(envelope.RcptTo)));
    }

    [Fact]
    public Task A_refused_recipient_with_wait_keeps_the_sender() =>
        new SessionTranscript
        {
            Protocol = "smtp",
            Configure = server => (server.Smtp.Auth, server.Proxy.Xclient) = (["none"], false),
            Answers = [FixedAuthenticator.Reject("no such user", wait: 1, code: "550 5.1.1"), FixedAuthenticator.Accept("", "")],
        }.PlayAsync(Greeting + """
            C: MAIL FROM:<a>
            S: 250 2.0.0 OK
            C: RCPT TO:<b>
            T: 1
            S: 550 5.1.1 no such user
            C: RCPT TO:<c>
            U> 220 up
            U< HELO mx.test
            U> 250 up
            U< MAIL FROM:<a>
            U> 250 ok
            U< RCPT TO:<c>
            U> 250 ok
            S: 250 ok
            """);

    [Fact]
    public Task A_refusal_has_the_default_code_unless_the_auth_server_names_one() =>
        new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Reject("Bad", wait: 1), FixedAuthenticator.Reject("Temp problem", code: "451 4.3.0")] }
            .PlayAsync(Greeting + "C: AUTH PLAIN AHUAcA==\nT: 1\nS: 535 5.7.0 Bad\nC: AUTH PLAIN AHUAcA==\nS: 451 4.3.0 Temp problem\nS: <close>");

    [Theory]
    [InlineData("U> 554 no", "554 no")]
    [InlineData("U> 220 up\nU< EHLO mx.test\nU> 500 no", "500 no")]
    [InlineData("U> 220 up\nU< EHLO mx.test\nU> 250 XCLIENT\nU< XCLIENT **\nU> 550 no", "550 no")]
    public async Task An_upstream_that_refuses_is_an_internal_error_unless_its_message_is_passed(string upstream, string message)
    {
        var login = Greeting + $"C: AUTH PLAIN AHVzZXIAcGFzcw==\n{upstream}\n";
        await new SessionTranscript { Protocol = "smtp" }.PlayAsync(login + "S: 451 4.3.2 Internal server error\nS: <close>");
        await new SessionTranscript { Protocol = "smtp", Configure = server => server.Proxy.PassErrorMessage = true }.PlayAsync(login + $"S: {message}\nS: <close>");
    }

    [Fact]
    public async Task Who_speaks_before_the_greeting_is_turned_away()
    {
        var session = new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.GreetingDelay = TimeSpan.FromSeconds(5) };
        Assert.Equal(SessionEndReason.EarlyTalker, await session.PlayAsync("T: 4\nS: <nothing>\nC: EHLO early\\\nC: AUTH PLAIN AHNlY3JldA==\nS: 503 5.5.0 Improper use of SMTP command pipelining\nS: <close>"));
        Assert.Contains("Information: client was rejected before greeting: \"EHLO early\"", session.Log.Lines);
    }

    [Fact]
    public Task Who_waits_is_greeted_after_the_delay() =>
        new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.GreetingDelay = TimeSpan.FromSeconds(5) }
            .PlayAsync("T: 4\nS: <nothing>\nT: 1.1\n" + Greeting + "C: NOOP\nS: 250 2.0.0 OK");

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}

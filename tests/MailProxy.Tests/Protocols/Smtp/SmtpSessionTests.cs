using System.Text;
using MailProxy.Observing;
using MailProxy.Protocols.Smtp;
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
        { "lower case and bare line feed", "C: helo c\\n\\c\nS: 250 mx.test" },
        { "helo without name", "C: HELO\nS: 501 5.5.4 Invalid argument\nC: EHLO \nS: 501 5.5.4 Invalid argument" },
        { "ehlo with two names", "C: EHLO a b\nS: 501 5.5.4 Invalid argument" },
        { "helo with a NUL", "C: HELO a\\0b\nS: 501 5.5.4 Invalid argument" },
        { "auth alone", "C: AUTH\nS: 501 5.5.4 Invalid argument" },
        { "mail needs authentication", "C: MAIL FROM:<a>\nS: 530 5.7.1 Authentication required\nC: NOOP\nS: 250 2.0.0 OK\nL: Information: client was rejected: \"MAIL FROM:<a>\" while in auth state" },
        { "mail pipelined with more", "C: MAIL FROM:<a>\\\nC: NOOP\\\nC: RSET\nS: 530 5.7.1 Authentication required\nS: 250 2.0.0 OK\nS: 250 2.0.0 OK" },
        { "mail without argument needs authentication", "C: MAIL\nS: 530 5.7.1 Authentication required" },
        { "rcpt without mail", "C: RCPT TO:<a>\nS: 503 5.5.1 Bad sequence of commands" },
        { "rset", "C: RSET\nS: 250 2.0.0 OK" },
        { "noop", "C: NOOP ignored\nS: 250 2.0.0 OK" },
        { "quit", "C: QUIT\nS: 221 2.0.0 Bye\nS: <close>" },
        { "quit drops what follows", "C: QUIT\\\nC: NOOP\nS: 221 2.0.0 Bye\nS: <close>" },
        { "starttls is off and does not count", string.Concat(Enumerable.Repeat("C: STARTTLS\nS: 500 5.5.1 Invalid command\n", 6)) },
        { "vrfy, expn, help do not count", string.Concat(Enumerable.Repeat("C: VRFY a\nS: 500 5.5.1 Invalid command\nC: EXPN a\nS: 500 5.5.1 Invalid command\nC: HELP\nS: 500 5.5.1 Invalid command\n", 3)) },
        { "data and bdat count", "C: DATA\nS: 500 5.5.1 Invalid command\n" + string.Concat(Enumerable.Repeat("C: BDAT 1\nS: 500 5.5.1 Invalid command\n", 4)) + "S: <close>" },
        { "eleven arguments", "C: NOOP 1 2 3 4 5 6 7 8 9 10 11\nS: 250 2.0.0 OK" },
        { "twelve arguments", "C: NOOP 1 2 3 4 5 6 7 8 9 10 11 12\nS: 500 5.5.1 Invalid command" },
        { "empty line", "C: \nS: 500 5.5.1 Invalid command" },
        { "carriage return within", "C: NOOP\\rx\nS: 500 5.5.1 Invalid command" },
        { "space before the command", "C:  NOOP\nS: 500 5.5.1 Invalid command" },
    };

    /// <summary>With <c>smtp_auth none</c>.</summary>
    public static TheoryData<string, string> EnvelopeDialogues => new()
    {
        { "mail and mail again", "C: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: MAIL FROM:<x>\nS: 503 5.5.1 Bad sequence of commands" },
        { "mail and rcpt without argument", "C: MAIL\nS: 501 5.5.4 Invalid argument\nC: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: RCPT \nS: 501 5.5.4 Invalid argument" },
        { "mail and rcpt with a NUL", "C: MAIL FROM:<\\0>\nS: 501 5.5.4 Invalid argument\nC: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: RCPT TO:<\\0>\nS: 501 5.5.4 Invalid argument" },
        { "rset forgets", "C: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: RSET\nS: 250 2.0.0 OK\nC: RCPT TO:<b>\nS: 503 5.5.1 Bad sequence of commands" },
        { "helo forgets", "C: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: HELO c\nS: 250 mx.test\nC: RCPT TO:<b>\nS: 503 5.5.1 Bad sequence of commands" },
        { "ehlo forgets", "C: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: EHLO c\nS: 250 mx.test\nC: RCPT TO:<b>\nS: 503 5.5.1 Bad sequence of commands" },
        { "nothing is validated", "C: MAIL nonsense and more\nS: 250 2.0.0 OK" },
    };

    [Theory, MemberData(nameof(Dialogues))]
    public async Task Commands_before_login_are_answered_as_nginx_answers_them(string name, string script)
    {
        Assert.NotEmpty(name);
        await new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.Capabilities = ["PIPELINING", "SIZE 100"] }.PlayAsync(Greeting + script);
    }

    [Theory, MemberData(nameof(EnvelopeDialogues))]
    public async Task Without_authentication_sender_and_recipient_are_in_order(string name, string script)
    {
        Assert.NotEmpty(name);
        await new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.Auth = ["none"] }.PlayAsync(Greeting + script);
    }

    [Theory]
    [InlineData("", "none", "S: 250 mx.test")]
    [InlineData("PIPELINING", "none", "S: 250-mx.test\nS: 250 PIPELINING")]
    [InlineData("PIPELINING,SIZE 1", "none", "S: 250-mx.test\nS: 250-PIPELINING\nS: 250 SIZE 1")]
    [InlineData("", "plain", "S: 250-mx.test\nS: 250 AUTH PLAIN")]
    [InlineData("8BITMIME", "external cram-md5 none login plain", "S: 250-mx.test\nS: 250-8BITMIME\nS: 250 AUTH PLAIN LOGIN CRAM-MD5 EXTERNAL")]
    public Task Ehlo_lists_configured_words_and_methods_in_nginx_order(string capabilities, string methods, string reply) =>
        new SessionTranscript
        {
            Protocol = "smtp",
            Configure = server => (server.Smtp.Capabilities, server.Smtp.Auth) = (capabilities.Split(',', StringSplitOptions.RemoveEmptyEntries), methods.Split(' ')),
        }.PlayAsync($"{Greeting}C: EHLO c\n{reply}");

    [Fact]
    public async Task A_line_longer_than_the_client_buffer_ends_the_session()
    {
        var session = new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.ClientBuffer = 64 };
        await session.PlayAsync(Greeting + $"C: NOOP {new string('x', 57)}\nS: 250 2.0.0 OK");
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(Greeting + $"C: MAIL {Secrets.Plain}{new string('x', 45)}\nS: 500 5.5.1 Invalid command\nS: <close>"));
        Assert.Equal(["Information: client sent too long command while in auth state"], session.Log);
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(Greeting + $"C: AUTH PLAIN\nS: 334 \nC: {Secrets.Plain}{new string('x', 12_288)}\nS: 500 5.5.1 Invalid command\nS: <close>"));
    }

    [Fact]
    public async Task The_auth_server_hears_of_client_host_helo_and_envelope()
    {
        var session = new SessionTranscript
        {
            Protocol = "smtp",
            ClientHosts = new FixedClientHost("client.test"),
            Configure = server => server.Smtp.Auth = ["none"],
            Answers = [FixedAuthenticator.Reject("no")],
        };
        await session.PlayAsync(Greeting + "C: EHLO cl.ient\nS: 250 mx.test\nC: mail  FROM:<a> BODY=8BITMIME  \nS: 250 2.0.0 OK\nC: rcpt TO:<b>\nA: none  \nS: 535 5.7.0 no\nS: <close>");
        var request = session.Authenticator.Requests[0];
        Assert.Equal("client.test", request.ClientHost);
        Assert.Equal(("cl.ient", "mail  FROM:<a> BODY=8BITMIME", "rcpt TO:<b>"), (Text(request.Envelope!.Helo), Text(request.Envelope.MailFrom), Text(request.Envelope.RcptTo)));
    }

    [Fact]
    public async Task Who_authenticates_has_no_envelope()
    {
        var session = new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.Auth = ["none", "plain"], Answers = [FixedAuthenticator.Reject("one", wait: 1), FixedAuthenticator.Reject("two")] };
        await session.PlayAsync(Greeting + "C: MAIL FROM:<a>\nS: 250 2.0.0 OK\nC: RCPT TO:<b>\nT: 1\nS: 535 5.7.0 one\nC: AUTH PLAIN AHVzZXIAcGFzcw==\nA: plain user pass\nS: 535 5.7.0 two\nS: <close>");
        Assert.Equal([true, false], session.Authenticator.Requests.Select(request => request.Envelope is not null));
        Assert.Equal("", Text(session.Authenticator.Requests[0].Envelope!.Helo));
    }

    [Fact]
    public Task A_refusal_has_the_default_code_unless_the_auth_server_names_one() =>
        new SessionTranscript { Protocol = "smtp", Answers = [FixedAuthenticator.Reject("Bad", wait: 1), FixedAuthenticator.Reject("Temp problem", code: "451 4.3.0")] }
            .PlayAsync(Greeting + "C: AUTH PLAIN AHUAcA==\nT: 1\nS: 535 5.7.0 Bad\nC: AUTH PLAIN AHUAcA==\nS: 451 4.3.0 Temp problem\nS: <close>");

    [Theory]
    [InlineData("C: EHLO early\\r\\nNOOP", "EHLO early")]
    [InlineData("C: AUTH PLAIN AHVzZXIAaHVudGVyMg==", "AUTH ...")]
    [InlineData("C: hunter2", "...")]
    [InlineData("C: NOO\\c", "...")]
    public async Task Who_speaks_before_the_greeting_is_turned_away(string early, string logged)
    {
        var session = new SessionTranscript { Protocol = "smtp", Cuts = [Chunks.Whole], Configure = server => server.Smtp.GreetingDelay = TimeSpan.FromSeconds(5) };
        Assert.Equal(SessionEndReason.EarlyTalker, await session.PlayAsync($"T: 4\nS: <nothing>\n{early}\nS: 503 5.5.0 Improper use of SMTP command pipelining\nS: <close>"));
        Assert.Equal([$"Information: client was rejected before greeting: \"{logged}\" while in delay pipelining state"], session.Log);
    }

    [Fact]
    public async Task Who_waits_is_greeted_after_the_delay_and_who_leaves_is_not()
    {
        var session = new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.GreetingDelay = TimeSpan.FromSeconds(5) };
        await session.PlayAsync("T: 4\nS: <nothing>\nT: 1.1\n" + Greeting + "C: NOOP\nS: 250 2.0.0 OK");
        Assert.Equal(SessionEndReason.ClientClosed, await session.PlayAsync("T: 4\nC: <close>\nS: <close>"));
        Assert.Empty(session.Log);
    }

    [Fact]
    public async Task A_graceful_shutdown_ends_the_delay()
    {
        var session = new SessionTranscript { Protocol = "smtp", Configure = server => server.Smtp.GreetingDelay = TimeSpan.FromSeconds(5), Between = session => session.Drain.RequestComeBack() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync("T: 4\nS: <nothing>", "S: 421 4.3.2 mx.test try again later\nS: <close>"));
    }

    [Fact]
    public async Task The_shutdown_timeout_ends_reverse_dns()
    {
        var session = new SessionTranscript { Protocol = "smtp", ClientHosts = new SilentClientHost(), Between = session => session.Drain.RequestStop() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync("S: <nothing>", "S: 421 4.3.2 mx.test try again later\nS: <close>"));
    }

    [Fact]
    public Task Early_input_without_a_delay_is_answered_after_the_greeting() =>
        new SessionTranscript { Protocol = "smtp" }.PlayAsync("C: NOOP\n" + Greeting + "S: 250 2.0.0 OK");

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}

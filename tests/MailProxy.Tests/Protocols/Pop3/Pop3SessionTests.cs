using MailProxy.Configuration;
using MailProxy.Diagnostics;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Pop3;

public sealed class Pop3SessionTests
{
    private const string Greeting = "S: +OK POP3 ready\n";

    private const string UpstreamLogin = """

        U> +OK hi
        U< USER user
        U> +OK
        U< PASS pass
        U> +OK 3 messages
        S: +OK 3 messages

        """;

    public static TheoryData<string, string> Dialogues => new()
    {
        { "noop", "C: NOOP\nS: +OK" },
        { "lower case", "C: noop\nS: +OK" },
        { "capa", "C: CAPA\nS: +OK Capability list follows\nS: TOP\nS: USER\nS: UIDL\nS: SASL PLAIN LOGIN\nS: ." },
        { "bare auth", "C: AUTH\nS: +OK methods supported:\nS: PLAIN\nS: LOGIN\nS: ." },
        { "quit", "C: QUIT\nS: +OK\nS: <close>" },
        { "stls is off", "C: STLS\nS: -ERR invalid command" },
        { "transaction commands", "C: STAT\nS: -ERR invalid command\nC: LIST\nS: -ERR invalid command" },
        { "user, noop and capa, then pass is due", "C: USER a\nS: +OK\nC: NOOP\nS: +OK\nC: CAPA\nS: +OK Capability list follows\nS: TOP\nS: USER\nS: UIDL\nS: SASL PLAIN LOGIN\nS: ." },
        { "user twice starts again", "C: USER a\nS: +OK\nC: USER b\nS: -ERR invalid command\nC: PASS p\nS: -ERR invalid command" },
        { "an unknown command forgets the user", "C: USER a\nS: +OK\nC: XXXX\nS: -ERR invalid command\nC: PASS p\nS: -ERR invalid command" },
        { "user without name", "C: USER\nS: -ERR invalid command" },
        { "pass without user", "C: PASS p\nS: -ERR invalid command" },
        { "pass without password", "C: USER a\nS: +OK\nC: PASS\nS: -ERR invalid command" },
        { "apop not enabled", "C: APOP u 0123\nS: -ERR invalid command" },
        { "auth of an unknown mechanism", "C: AUTH GSSAPI\nS: -ERR invalid command" },
        { "auth cancelled", "C: AUTH PLAIN\nS: + \nC: *\nS: -ERR invalid command\nC: NOOP\nS: +OK" },
        { "quit after user", "C: USER a\nS: +OK\nC: QUIT\nS: +OK\nS: <close>" },
        { "empty line", "C: \nS: -ERR invalid command" },
        { "five errors", string.Concat(Enumerable.Repeat("C: STAT\nS: -ERR invalid command\n", 5)) + "S: <close>" },
        { "a batch larger than the buffer", "C: " + string.Concat(Enumerable.Repeat("NOOP\\r\\n", 40)) + "QUIT\n" + string.Concat(Enumerable.Repeat("S: +OK\n", 41)) + "S: <close>" },
    };

    public static TheoryData<string, string, string> Logins => new()
    {
        { "user and pass", "C: USER user\nS: +OK\nC: PASS pass", "plain user pass" },
        { "spaces are kept", "C: USER a b\nS: +OK\nC: PASS  p q ", "plain a b  p q " },
        { "plain", "C: AUTH PLAIN\nS: + \nC: AHVzZXIAcGFzcw==", "plain user pass" },
        { "login", "C: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGFzcw==", "plain user pass" },
        { "login with initial response", "C: AUTH LOGIN dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGFzcw==", "plain user pass" },
        { "cram-md5", "C: AUTH CRAM-MD5\nS: + PD**\nC: dXNlciAwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==", "cram-md5 user 0123456789abcdef0123456789abcdef" },
        { "apop", "C: APOP user 0123", "apop user 0123" },
        { "external", "C: AUTH EXTERNAL\nS: + VXNlcm5hbWU6\nC: dXNlcg==", "external user " },
    };

    [Theory, MemberData(nameof(Dialogues))]
    public async Task Commands_before_login_are_answered_as_nginx_answers_them(string name, string script)
    {
        foreach (var chunks in Enum.GetValues<Chunks>())
        {
            Assert.NotEmpty(name);
            await new SessionTranscript { Protocol = "pop3" }.PlayAsync(Greeting + script, chunks);
        }
    }

    [Theory, MemberData(nameof(Logins))]
    public async Task Every_way_to_log_in_reaches_the_upstream(string name, string script, string login)
    {
        foreach (var chunks in Enum.GetValues<Chunks>())
        {
            Assert.NotEmpty(name);
            var session = new SessionTranscript { Protocol = "pop3", Configure = server => server.Pop3.Auth = ["plain", "apop", "cram-md5", "external"] };
            await session.PlayAsync("S: +OK POP3 ready <**.1795454783@mx.test>\n" + script + UpstreamLogin + $"A: {login}", chunks);
        }
    }

    [Fact]
    public async Task The_challenge_of_the_greeting_is_the_salt_of_apop()
    {
        var session = new SessionTranscript { Protocol = "pop3", Configure = server => server.Pop3.Auth = ["plain", "apop"] };
        await session.PlayAsync("S: +OK POP3 ready <**.1795454783@mx.test>\nC: APOP u 0123" + UpstreamLogin);
        Assert.EndsWith(".1795454783@mx.test>", System.Text.Encoding.ASCII.GetString(session.Authenticator.Requests[0].Credentials.Salt!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_of_128_bytes_fits_and_one_more_ends_the_session()
    {
        await new SessionTranscript { Protocol = "pop3" }.PlayAsync(Greeting + $"C: USER {new string('a', 121)}\nS: +OK\nC: NOOP\nS: +OK");
        var end = await new SessionTranscript { Protocol = "pop3" }.PlayAsync(Greeting + $"C: USER {new string('a', 122)}\nS: -ERR invalid command\nS: <close>");
        Assert.Equal(SessionEndReason.ProtocolError, end);
    }

    [Fact]
    public Task Only_enabled_methods_are_listed() =>
        new SessionTranscript { Protocol = "pop3", Configure = server => server.Pop3 = new Pop3Options { Auth = ["external", "apop"], Capabilities = ["TOP"] } }.PlayAsync("""
            S: +OK POP3 ready <**>
            C: CAPA
            S: +OK Capability list follows
            S: TOP
            S: SASL EXTERNAL
            S: .
            C: AUTH
            S: +OK methods supported:
            S: EXTERNAL
            S: .
            """);

    [Fact]
    public Task A_refusal_is_told_and_closes() =>
        new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Reject("Invalid login")] }
            .PlayAsync(Greeting + "C: USER u\nS: +OK\nC: PASS p\nS: -ERR Invalid login\nS: <close>");

    [Fact]
    public Task After_a_refusal_with_wait_the_session_starts_again() =>
        new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Reject("Invalid login", wait: 1), FixedAuthenticator.Accept()] }
            .PlayAsync(Greeting + "C: USER u\nS: +OK\nC: PASS p\nT: 1\nS: -ERR Invalid login\nC: PASS p\nS: -ERR invalid command\nC: USER user\nS: +OK\nC: PASS pass" + UpstreamLogin);

    [Theory]
    [InlineData("U> -ERR busy", "-ERR busy")]
    [InlineData("U> +OK hi\nU< USER user\nU> -ERR who", "-ERR who")]
    [InlineData("U> +OK hi\nU< USER user\nU> +OK\nU< PASS pass\nU> -ERR [AUTH] wrong", "-ERR [AUTH] wrong")]
    public async Task An_upstream_that_refuses_is_an_internal_error_unless_its_message_is_passed(string upstream, string message)
    {
        var login = Greeting + $"C: USER user\nS: +OK\nC: PASS pass\n{upstream}\n";
        await new SessionTranscript { Protocol = "pop3" }.PlayAsync(login + "S: -ERR internal server error\nS: <close>");
        await new SessionTranscript { Protocol = "pop3", Configure = server => server.Proxy.PassErrorMessage = true }.PlayAsync(login + $"S: {message}\nS: <close>");
    }

    [Fact]
    public Task Line_ends_in_credentials_never_reach_the_upstream() =>
        new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Accept("user", "pa\r\nDELE 1")] }
            .PlayAsync(Greeting + "C: AUTH PLAIN AHVzZXIAcGFzcw==\nS: -ERR internal server error\nS: <close>\nU< <close>");
}

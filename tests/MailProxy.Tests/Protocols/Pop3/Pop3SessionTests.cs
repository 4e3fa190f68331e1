using System.Text;
using MailProxy.Observing;
using MailProxy.Protocols.Pop3;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Pop3;

public sealed class Pop3SessionTests
{
    private const string Greeting = "S: +OK POP3 ready\n";
    private const string Capabilities = "S: +OK Capability list follows\nS: TOP\nS: USER\nS: UIDL\nS: SASL PLAIN LOGIN\nS: .\n";
    private const string UpstreamLogin = "\nU> +OK hi\nU< USER user\nU> +OK\nU< PASS pass\nU> +OK 3 messages\nS: +OK 3 messages\n";

    public static TheoryData<string, string> Dialogues => new()
    {
        { "noop", "C: NOOP\nS: +OK" },
        { "lower case", "C: noop\nS: +OK" },
        { "bare line feed", "C: NOOP\\n\\c\nS: +OK" },
        { "arguments are ignored", "C: NOOP x y z \nS: +OK\nC: CAPA x\n" + Capabilities },
        { "a fourth argument", "C: NOOP x y z w\nS: -ERR invalid command" },
        { "capa", "C: CAPA\n" + Capabilities },
        { "bare auth", "C: AUTH\nS: +OK methods supported:\nS: PLAIN\nS: LOGIN\nS: ." },
        { "quit", "C: QUIT\nS: +OK\nS: <close>" },
        { "quit drops what follows", "C: QUIT\\\nC: NOOP\nS: +OK\nS: <close>" },
        { "stls is off and does not count", string.Concat(Enumerable.Repeat("C: STLS\nS: -ERR invalid command\n", 6)) },
        { "transaction commands", "C: STAT\nS: -ERR invalid command\nC: LIST\nS: -ERR invalid command\nC: RETR 1\nS: -ERR invalid command\nC: UIDL\nS: -ERR invalid command" },
        { "user, then noop and capa, keeps the user", "C: USER a\nS: +OK\nC: NOOP\nS: +OK\nC: CAPA\n" + Capabilities + "C: USER a\nS: -ERR invalid command" },
        { "user twice starts again", "C: USER a\nS: +OK\nC: USER b\nS: -ERR invalid command\nC: PASS hunter2\nS: -ERR invalid command" },
        { "user then auth starts again", "C: USER a\nS: +OK\nC: AUTH PLAIN\nS: -ERR invalid command\nC: PASS hunter2\nS: -ERR invalid command" },
        { "user then bare auth starts again", "C: USER a\nS: +OK\nC: AUTH\nS: -ERR invalid command\nC: PASS hunter2\nS: -ERR invalid command" },
        { "user then apop starts again", "C: USER a\nS: +OK\nC: APOP u 0123\nS: -ERR invalid command\nC: PASS hunter2\nS: -ERR invalid command" },
        { "user then stls starts again", "C: USER a\nS: +OK\nC: STLS\nS: -ERR invalid command\nC: PASS hunter2\nS: -ERR invalid command" },
        { "an unknown command forgets the user", "C: USER a\nS: +OK\nC: XXXX\nS: -ERR invalid command\nC: PASS hunter2\nS: -ERR invalid command" },
        { "user without name", "C: USER\nS: -ERR invalid command\nC: USER  \nS: -ERR invalid command" },
        { "pass without user", "C: PASS hunter2\nS: -ERR invalid command" },
        { "pass without password", "C: USER a\nS: +OK\nC: PASS\nS: -ERR invalid command\nC: PASS hunter2\nS: -ERR invalid command" },
        { "pass of spaces", "C: USER a\nS: +OK\nC: PASS   \nS: -ERR invalid command" },
        { "apop not enabled", "C: APOP u 0123\nS: -ERR invalid command" },
        { "a sasl exchange of a user", "C: AUTH PLAIN\nS: + \nC: *\nS: -ERR invalid command\nC: USER a\nS: +OK" },
        { "quit after user", "C: USER a\nS: +OK\nC: QUIT\nS: +OK\nS: <close>" },
        { "empty line", "C: \nS: -ERR invalid command" },
        { "tab is no separator", "C: NOOP\\x09x\nS: -ERR invalid command" },
        { "a batch larger than the buffer", "C: " + string.Concat(Enumerable.Repeat("NOOP\\r\\n", 40)) + "QUIT\n" + string.Concat(Enumerable.Repeat("S: +OK\n", 41)) + "S: <close>" },
    };

    [Theory, MemberData(nameof(Dialogues))]
    public async Task Commands_before_login_are_answered_as_nginx_answers_them(string name, string script)
    {
        Assert.NotEmpty(name);
        await new SessionTranscript { Protocol = "pop3" }.PlayAsync(Greeting + script);
    }

    [Theory]
    [InlineData("C: USER user\nS: +OK\nC: PASS pass", "plain user pass")]
    [InlineData("C: USER user\nS: +OK\nC: NOOP\nS: +OK\nC: pass pass", "plain user pass")]
    [InlineData("C: USER   a b \nS: +OK\nC: PASS   p  q ", "plain a b  p  q ")]
    [InlineData("C: USER a\\0\\xFF\nS: +OK\nC: PASS \\x09p", "plain a\\0\\xFF \\x09p")]
    public Task User_and_pass_keep_inner_and_trailing_spaces(string script, string login) =>
        new SessionTranscript { Protocol = "pop3" }.PlayAsync($"{Greeting}{script}\nA: {login}{UpstreamLogin}");

    [Theory]
    [InlineData("apop")]
    [InlineData("cram-md5")]
    public Task The_greeting_has_a_challenge_where_a_method_needs_one(string method) =>
        new SessionTranscript { Protocol = "pop3", Configure = server => server.Pop3.Auth = [method] }.PlayAsync("S: +OK POP3 ready <**.1795454783@mx.test>");

    [Fact]
    public async Task The_challenge_of_the_greeting_is_the_salt_of_apop_in_every_attempt()
    {
        var session = new SessionTranscript
        {
            Protocol = "pop3",
            Configure = server => server.Pop3.Auth = ["plain", "apop"],
            Answers = [FixedAuthenticator.Reject("no", wait: 1), FixedAuthenticator.Accept()],
        };
        await session.PlayAsync($"S: +OK POP3 ready <**.1795454783@mx.test>\nC: APOP user 0123\nA: apop user 0123\nT: 1\nS: -ERR no\nC: apop user  4567 {UpstreamLogin}A: apop user 4567");
        var salts = session.Authenticator.Requests.Select(request => Encoding.ASCII.GetString(request.Credentials.Salt!));
        Assert.Matches(@"^<\d+\.1795454783@mx\.test>$", Assert.Single(salts.Distinct()));
    }

    [Theory, InlineData("C: APOP u"), InlineData("C: APOP u 0123 x"), InlineData("C: APOP")]
    public Task Apop_has_two_arguments(string command) =>
        new SessionTranscript { Protocol = "pop3", Configure = server => server.Pop3.Auth = ["apop"] }.PlayAsync($"S: +OK POP3 ready <**>\n{command}\nS: -ERR invalid command");

    [Fact]
    public async Task A_line_of_255_bytes_fits_and_one_more_ends_the_session()
    {
        var session = new SessionTranscript { Protocol = "pop3" };
        await session.PlayAsync(Greeting + $"C: USER {new string('a', 248)}\nS: +OK\nC: PASS {new string('a', 248)}" + UpstreamLogin);
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(Greeting + $"C: USER {new string('a', 249)}\nS: -ERR invalid command\nS: <close>"));
        Assert.Equal(["Information: client sent too long command while in auth state"], session.Log);
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(Greeting + $"C: USER a\nS: +OK\nC: PASS hunter2 {new string('a', 249)}\nS: -ERR invalid command\nS: <close>"));
    }

    [Fact]
    public Task The_longest_line_is_the_buffers() =>
        new SessionTranscript { Protocol = "pop3", Configure = server => server.Pop3.ClientBuffer = 1000 }
            .PlayAsync(Greeting + $"C: USER {new string('a', 993)}\nS: +OK\nC: PASS {new string('a', 994)}\nS: -ERR invalid command\nS: <close>");

    [Theory]
    [InlineData("plain", "S: SASL PLAIN LOGIN", "S: PLAIN\nS: LOGIN\n")]
    [InlineData("external cram-md5 plain", "S: SASL PLAIN LOGIN CRAM-MD5 EXTERNAL", "S: PLAIN\nS: LOGIN\nS: CRAM-MD5\nS: EXTERNAL\n")]
    [InlineData("external apop", "S: SASL EXTERNAL", "S: EXTERNAL\n")]
    [InlineData("apop", "S: SASL", "")]
    public Task Only_enabled_methods_are_listed(string methods, string capability, string list) =>
        new SessionTranscript { Protocol = "pop3", Configure = server => server.Pop3 = new Pop3Options { Auth = methods.Split(' '), Capabilities = ["TOP", "IMPLEMENTATION x"] } }
            .PlayAsync($"S: +OK POP3 ready**\nC: CAPA\nS: +OK Capability list follows\nS: TOP\nS: IMPLEMENTATION x\n{capability}\nS: .\nC: AUTH\nS: +OK methods supported:\n{list}S: .");

    [Fact]
    public Task A_refusal_with_wait_starts_again() =>
        new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Reject("Invalid login", wait: 1), FixedAuthenticator.Accept()] }
            .PlayAsync(Greeting + "C: USER u\nS: +OK\nC: PASS p\nT: 1\nS: -ERR Invalid login\nC: PASS p\nS: -ERR invalid command\nC: USER user\nS: +OK\nC: PASS pass" + UpstreamLogin);
}

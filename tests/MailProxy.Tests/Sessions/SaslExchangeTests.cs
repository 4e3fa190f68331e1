using MailProxy.Observing;
using MailProxy.Protocols.Imap;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;
using MailProxy.Testing;

namespace MailProxy.Tests.Sessions;

/// <summary>The table of SASL exchanges, which the three protocols share. <c>AUTH</c> stands for the command, <c>&gt;</c> for the prompt's beginning, <c>INVALID</c> for the refusal, <c>CANCELLED</c> for the answer to <c>*</c>.</summary>
public sealed class SaslExchangeTests
{
    private const string Digest = "0123456789abcdef0123456789abcdef";
    private const string CramResponse = "dXNlciAwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==";

    private static readonly string[] Logins =
    [
        "C: AUTH PLAIN\nS: >\nC: AHVzZXIAcGFzcw==\nA: plain user pass",
        "C: AUTH plain AHVzZXIAcGFzcw==\nA: plain user pass",
        "C: AUTH PLAIN AHVzZXIAcGFzcw\nA: plain user pass",
        "C: AUTH PLAIN AHVzZXIAcGFzcw==ignored!\nA: plain user pass",
        "C: AUTH PLAIN eAB1c2VyAHBhc3M=\nA: plain user pass",
        "C: AUTH PLAIN AHVzZXIAcGEAc3M=\nA: plain user pa\\0ss",
        "C: AUTH PLAIN AAA=\nA: plain  ",
        "C: AUTH PLAIN\nS: >\nC: AHVzZXIAcGFzcw== pieces are ignored\nA: plain user pass",
        "C: AUTH LOGIN\nS: >VXNlcm5hbWU6\nC: dXNlcg==\nS: >UGFzc3dvcmQ6\nC: cGFzcw==\nA: plain user pass",
        "C: AUTH login dXNlcg==\nS: >UGFzc3dvcmQ6\nC: cGFzcw==\nA: plain user pass",
        "C: AUTH LOGIN =\nS: >UGFzc3dvcmQ6\nC: =\nA: plain  ",
        "C: AUTH LOGIN\nS: >VXNlcm5hbWU6\nC: \nS: >UGFzc3dvcmQ6\nC: \nA: plain  ",
        $"C: AUTH CRAM-MD5\nS: >PD**\nC: {CramResponse}\nA: cram-md5 user {Digest}",
        "C: AUTH EXTERNAL\nS: >VXNlcm5hbWU6\nC: dXNlcg==\nA: external user ",
        "C: AUTH External dXNlcg==\nA: external user ",
        "C: AUTH EXTERNAL =\nA: external  ",
    ];

    private static readonly string[] Refusals =
    [
        "C: AUTH GSSAPI\nINVALID",
        "C: AUTH PLAIN a b\nINVALID",
        "C: AUTH CRAM-MD5 dXNlcg==\nINVALID",
        "C: AUTH PLAIN\nS: >\nC: **\nINVALID\nL: **: client sent invalid base64 encoding in AUTH PLAIN command while in auth state",
        "C: AUTH PLAIN A!==\nINVALID\nL: **: client sent invalid base64 encoding in AUTH PLAIN command while in auth state",
        "C: AUTH PLAIN AHVzZ\nINVALID\nL: **: client sent invalid base64 encoding in AUTH PLAIN command while in auth state",
        "C: AUTH PLAIN dXNlcg==\nINVALID\nL: **: client sent invalid login in AUTH PLAIN command while in auth state",
        "C: AUTH PLAIN AHVzZXI=\nINVALID\nL: **: client sent invalid password in AUTH PLAIN command while in auth state",
        "C: AUTH PLAIN\nS: >\nC: \nINVALID\nL: **: client sent invalid login in AUTH PLAIN command while in auth state",
        "C: AUTH LOGIN\nS: >VXNlcm5hbWU6\nC: !\nINVALID\nL: **: client sent invalid base64 encoding in AUTH LOGIN command while in auth state",
        "C: AUTH LOGIN !\nINVALID\nL: **: client sent invalid base64 encoding in AUTH LOGIN command while in auth state",
        "C: AUTH LOGIN dXNlcg==\nS: >UGFzc3dvcmQ6\nC: !\nINVALID\nL: **: client sent invalid base64 encoding in AUTH LOGIN command while in auth state, login: \"user\"",
        "C: AUTH CRAM-MD5\nS: >PD**\nC: !\nINVALID\nL: **: client sent invalid base64 encoding in AUTH CRAM-MD5 command while in auth state",
        "C: AUTH CRAM-MD5\nS: >PD**\nC: dXNlcg==\nINVALID\nL: **: client sent invalid CRAM-MD5 hash in AUTH CRAM-MD5 command while in auth state",
        "C: AUTH CRAM-MD5\nS: >PD**\nC: dXNlciAwMTIz\nINVALID\nL: **: client sent invalid CRAM-MD5 hash in AUTH CRAM-MD5 command while in auth state",
        "C: AUTH PLAIN\nS: >\nC: *\nCANCELLED",
        "C: AUTH LOGIN\nS: >VXNlcm5hbWU6\nC: *\nCANCELLED",
        "C: AUTH LOGIN dXNlcg==\nS: >UGFzc3dvcmQ6\nC: *\nCANCELLED",
        "C: AUTH CRAM-MD5\nS: >PD**\nC: *\nCANCELLED",
        "C: AUTH EXTERNAL\nS: >VXNlcm5hbWU6\nC: *\nCANCELLED",
        "C: AUTH EXTERNAL !\nINVALID\nL: **: client sent invalid base64 encoding in AUTH EXTERNAL command while in auth state",
    ];

    public static TheoryData<string, string> LoginRows => Rows(Logins);

    public static TheoryData<string, string> RefusalRows => Rows(Refusals);

    [Theory, MemberData(nameof(LoginRows))]
    public async Task Each_mechanism_is_understood(string protocol, string script)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => Dialect.Enable(server, "plain", "login", "cram-md5", "external") };
        await session.PlayAsync(dialect.Greeting + In(dialect, script) + "\n" + dialect.Upstream);
    }

    [Theory, MemberData(nameof(RefusalRows))]
    public async Task What_is_not_in_the_table_is_invalid_and_does_not_count(string protocol, string script)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => Dialect.Enable(server, "plain", "login", "cram-md5", "external") };
        await session.PlayAsync(dialect.Greeting + string.Concat(Enumerable.Repeat(In(dialect, script) + "\n", 6)) + dialect.Noop);
        Assert.Empty(session.Authenticator.Requests);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Methods_decide_about_cram_md5_and_external_only(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var external = new SessionTranscript { Protocol = protocol, Configure = server => Dialect.Enable(server, "cram-md5") };
        await external.PlayAsync(dialect.Greeting + In(dialect, "C: AUTH EXTERNAL\nINVALID\nC: AUTH EXTERNAL dXNlcg==\nINVALID\n") + dialect.Login + dialect.Upstream);
        var cram = new SessionTranscript { Protocol = protocol, Configure = server => Dialect.Enable(server, "external") };
        await cram.PlayAsync(dialect.Greeting + In(dialect, "C: AUTH CRAM-MD5\nINVALID\nC: AUTH LOGIN dXNlcg==\nS: >UGFzc3dvcmQ6\nC: cGFzcw==\n") + dialect.Upstream);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_response_of_12288_bytes_is_taken_whatever_other_lines_may_have(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var password = new string('p', 9210);
        var response = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"\0user\0{password}"));
        Assert.Equal(12_288, response.Length);
        var rejected = $"A: plain user {password}\nS: {dialect.Failure}no\nS: <close>";
        var session = new SessionTranscript { Protocol = protocol, Answers = [FixedAuthenticator.Reject("no")], Configure = NarrowLines };
        await session.PlayAsync(dialect.Greeting + In(dialect, $"C: AUTH PLAIN {response}\n") + rejected);
        await session.PlayAsync(dialect.Greeting + In(dialect, $"C: AUTH PLAIN\nS: >\nC: {response}\n") + rejected);
        await session.PlayAsync(dialect.Greeting + In(dialect, $"C: AUTH LOGIN dXNlcg==\nS: >UGFzc3dvcmQ6\nC: {response}\n") + $"S: {dialect.Failure}no\nS: <close>");

        // Behind other commands in one piece, and with a command behind it.
        var noop = dialect.Noop.Split('\n');
        await session.PlayAsync(dialect.Greeting + $"{noop[0]}\\\n{In(dialect, $"C: AUTH PLAIN {response}")}\\\n{noop[0]}\n{noop[1]}\n{rejected}");
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_longer_response_ends_the_session(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = NarrowLines };
        var tooMuch = new string('A', 12_289);
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(dialect.Greeting + In(dialect, $"C: AUTH PLAIN\nS: >\nC: {tooMuch}\nINVALID\nS: <close>")));
        Assert.Contains("Information: client sent too long command while in auth state", session.Log);
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(dialect.Greeting + In(dialect, $"C: AUTH PLAIN {tooMuch + tooMuch[..128]}\nINVALID\nS: <close>")));
        Assert.Empty(session.Authenticator.Requests);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Other_lines_keep_their_limit_before_and_behind_a_long_response(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = NarrowLines };
        var noop = dialect.Noop.Split('\n')[0];
        var script = dialect.Greeting + In(dialect, $"C: AUTH PLAIN {new string('!', 5000)}\nINVALID\n") + $"{noop} {new string('x', 300)}\n{(protocol == "imap" ? "S: b BAD invalid command" : In(dialect, "INVALID"))}\nS: <close>";
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(script));
    }

    private static void NarrowLines(MailProxy.Configuration.ServerOptions server) => server.Imap.ClientBuffer = server.Pop3.ClientBuffer = server.Smtp.ClientBuffer = 255;

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_carriage_return_within_a_response_counts_as_an_error(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var broken = In(dialect, "C: AUTH PLAIN\nS: >\nC: AH\\rVz\nINVALID\n");
        await new SessionTranscript { Protocol = protocol }.PlayAsync(dialect.Greeting + string.Concat(Enumerable.Repeat(broken, 5)) + "S: <close>");
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_challenge_is_the_same_for_every_attempt_of_a_session(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript
        {
            Protocol = protocol,
            Configure = server => Dialect.Enable(server, "cram-md5"),
            Answers = [FixedAuthenticator.Reject("no", wait: 1), FixedAuthenticator.Accept()],
        };
        var login = In(dialect, $"C: AUTH CRAM-MD5\nS: >PD**\nC: {CramResponse}\n");
        await session.PlayAsync($"{dialect.Greeting}{login}T: 1\nS: {dialect.Failure}no\n{login}{dialect.Upstream}");
        var salts = session.Authenticator.Requests.Select(request => System.Text.Encoding.ASCII.GetString(request.Credentials.Salt!)).ToArray();
        Assert.Equal(2, salts.Length);
        Assert.Matches(@"^<\d+\.1795454783@mx\.test>$", Assert.Single(salts.Distinct()));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_password_of_a_failed_attempt_is_not_used_again(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript
        {
            Protocol = protocol,
            Configure = server => Dialect.Enable(server, "external"),
            Answers = [FixedAuthenticator.Reject("no", wait: 1), FixedAuthenticator.Reject("no")],
        };
        await session.PlayAsync($"{dialect.Greeting}{dialect.Login}T: 1\nS: {dialect.Failure}no\n{In(dialect, "C: AUTH EXTERNAL b3RoZXI=")}\nA: external other \nS: {dialect.Failure}no\nS: <close>");
    }

    private static TheoryData<string, string> Rows(string[] scripts)
    {
        var rows = new TheoryData<string, string>();
        foreach (var protocol in Dialect.Names)
        {
            foreach (var script in scripts) rows.Add(protocol, script);
        }

        return rows;
    }

    private static string In(Dialect dialect, string script) => script
        .Replace("C: AUTH", "C: " + dialect.Auth, StringComparison.Ordinal)
        .Replace("S: >", "S: " + dialect.Prompt, StringComparison.Ordinal)
        .Replace("INVALID", dialect.Invalid.TrimEnd('\n'), StringComparison.Ordinal)
        .Replace("CANCELLED", dialect.Protocol == "smtp" ? "S: 501 5.7.0 Authentication cancelled" : dialect.Invalid.TrimEnd('\n'), StringComparison.Ordinal);
}

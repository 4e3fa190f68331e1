using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Protocols.Imap;

public sealed class ImapUpstreamLoginTests
{
    private const string Client = "S: * OK IMAP4 ready\nC: a1 LOGIN user pass\n";
    private const string UpToLogin = Client + "U> * OK hi\nU< a1 LOGIN {4}\n";
    private const string UpToPassword = UpToLogin + "U> + ok\nU< user {4}\nU> + ok\nU< pass\n";
    private const string Failure = "S: a1 NO [UNAVAILABLE] internal server error\nS: <close>\nU< <close>";

    /// <summary>The dialogue up to a refusal, the refusal, and what the log says of it.</summary>
    public static TheoryData<string, string, string> Refusals => new()
    {
        { UpToLogin + "U> + ok\nU< user {4}\n", "a1 NO who", "a1 NO who" },
        { UpToPassword, "a1 NO [AUTHENTICATIONFAILED] no pass here", "(withheld, the password is in it)" },
        { UpToPassword, "a1 no [EXPIRED] old", "no [EXPIRED] old" },
        { UpToPassword, "a1 NO", "NO" },
    };

    /// <summary>The same for what is no answer to the client's own LOGIN.</summary>
    public static TheoryData<string, string, string> Failures => new()
    {
        { Client, "* PREAUTH hi", "* PREAUTH hi" },
        { Client, "* BYE Too many connections", "* BYE Too many connections" },
        { Client, "* NO hi", "* NO hi" },
        { Client, "220 mail.example ESMTP", "220 mail.example ESMTP" },
        { Client, "+OK POP3", "+OK POP3" },
        { UpToLogin, "a1 NO [PRIVACYREQUIRED] only with TLS", "a1 NO [PRIVACYREQUIRED] only with TLS" },
        { UpToLogin, "a1 OK in", "a1 OK in" },
        { UpToLogin, "* BYE down", "* BYE down" },
        { UpToLogin + "U> + ok\nU< user {4}\n", "a1 BAD what", "a1 BAD what" },
        { UpToLogin + "U> + ok\nU< user {4}\n", "a1 OK in", "a1 OK in" },
        { UpToPassword, "a1 BAD User is authenticated but not connected.", "BAD User is authenticated but not connected." },
        { UpToPassword, "a1 NO [PRIVACYREQUIRED] only with TLS", "NO [PRIVACYREQUIRED] only with TLS" },
        { UpToPassword, "a2 OK another tag", "a2 OK another tag" },
        { UpToPassword, "A1 OK another tag", "A1 OK another tag" },
        { UpToPassword, "a1 OKAY", "OKAY" },
        { UpToPassword, "+ what", "+ what" },
        { UpToPassword, "* BYE full", "* BYE full" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public async Task A_refused_login_is_a_temporary_failure_unless_its_message_is_passed(string script, string refusal, string logged)
    {
        var quiet = Session();
        Assert.Equal(SessionEndReason.UpstreamRejected, await quiet.PlayAsync($"{script}U> {refusal}\n{Failure}"));
        Assert.Equal([Invalid("Error", logged)], quiet.Log);
        var open = Session(passes: true);
        Assert.Equal(SessionEndReason.UpstreamRejected, await open.PlayAsync($"{script}U> {refusal}\nS: {refusal}\nS: <close>\nU< <close>"));
        Assert.Equal([Invalid("Information", logged)], open.Log);
    }

    [Theory, MemberData(nameof(Failures))]
    public async Task What_answers_no_login_is_never_passed(string script, string reply, string logged)
    {
        foreach (var passes in new[] { false, true })
        {
            var session = Session(passes);
            Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{script}U> {reply}\n{Failure}"));
            Assert.Equal([Invalid("Error", logged)], session.Log);
        }
    }

    [Theory, InlineData("[UNAVAILABLE]"), InlineData("[INUSE]"), InlineData("[serverbug]"), InlineData("[LIMIT]")]
    public async Task A_temporary_refusal_is_passed_and_is_no_wrong_password(string code)
    {
        var session = Session(passes: true);
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{UpToPassword}U> a1 NO {code} later\nS: a1 NO {code} later\nS: <close>"));
    }

    [Fact]
    public Task All_lines_of_a_refusal_are_passed_and_none_behind_it() =>
        Session(passes: true).PlayAsync(UpToPassword + "U> * OK [ALERT] locked\\r\\na1 NO one\\r\\n* BYE two\nS: * OK [ALERT] locked\nS: a1 NO one\nS: <close>");

    [Fact]
    public Task Untagged_responses_before_the_answer_are_forwarded_in_order() => Session().PlayAsync(
        UpToPassword + "U> * CAPABILITY X\nS: <nothing>\nU> * OK [ALERT] over quota {3}\nU> * ID (\"a\" {9}\nU> a1 NO x\nU> )\nS: <nothing>\nU> a1 OK done\n"
        + "S: * CAPABILITY X\nS: * OK [ALERT] over quota {3}\nS: * ID (\"a\" {9}\nS: a1 NO x\nS: )\nS: a1 OK done");

    [Fact]
    public Task Untagged_responses_behind_the_greeting_and_before_a_plus_are_not() => Session().PlayAsync(
        Client + "U> * OK hi\\r\\n* OK Waiting {3}\nU> * CAPABILITY X\nU< a1 LOGIN {4}\nU> * OK still\\r\\n+ ok\nU< user {4}\nU> * ID NIL\nU> +\nU< pass\nU> a1 ok in\nS: a1 ok in");

    [Fact]
    public Task What_is_behind_the_answer_belongs_to_the_relay() => Session().PlayAsync(
        UpToPassword + "U> a1 OK in\\r\\n* 3 EXISTS\\r\\na2\\c\nS: a1 OK in\nS: * 3 EXISTS\nS: a2\\c\nC: a2 NOOP\nU< a2 NOOP\nU>  OK done\nS:  OK done");

    [Fact]
    public async Task Any_number_of_untagged_lines_may_come_within_the_buffer()
    {
        var lines = string.Concat(Enumerable.Repeat("U> * OK [ALERT] x\n", 20));
        await Session().PlayAsync($"{UpToPassword}{lines}U> a1 OK in\n{lines.Replace("U>", "S:", StringComparison.Ordinal)}S: a1 OK in");
        var session = new SessionTranscript { Protocol = "imap", Configure = server => server.Proxy.Buffer = 64 };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{UpToPassword}{lines}{Failure}"));
        Assert.Contains(session.Log, line => line.StartsWith("Error: upstream sent too long response line: \"* OK [ALERT] x", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_line_before_the_plus_is_no_fault_of_the_server()
    {
        var session = new SessionTranscript
        {
            Protocol = "imap",
            Groups = [Upstreams.Groups.Options(UpstreamMethod.RoundRobin, Upstreams.Groups.Server(1))],
            Configure = server => (server.AuthHttp.Url, server.Proxy.Pass, server.Proxy.PassErrorMessage) = ([], new UpstreamAddress("pool", null), true),
        };
        await session.PlayAsync($"{UpToLogin}U> * OK Waiting\nU> + ok\nU< user {{4}}\nU> + ok\nU< pass\nU> a1 NO wrong\nS: a1 NO wrong\nC: a2 LOGIN user pass\nV> * OK hi\nV< a2 LOGIN {{4}}");
    }

    [Fact]
    public Task An_upstream_without_literals_gets_a_quoted_login_once() =>
        new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Accept("us\"er", "pa\\ss\"")] }.PlayAsync("""
            S: * OK IMAP4 ready
            C: a1 LOGIN user pass
            U> * OK hi
            U< a1 LOGIN {5}
            U> * OK what is this
            U> a1 BAD no literals here
            U< a1 CAPABILITY
            U> * CAPABILITY IMAP4
            U> a1 OK done
            U< a1 LOGIN "us\\"er" "pa\\\\ss\\""
            U> a1 OK in
            S: a1 OK in
            """);

    [Fact]
    public async Task A_quoted_login_may_be_refused_too()
    {
        var upToQuoted = UpToLogin + "U> a1 BAD what\nU< a1 CAPABILITY\nU> a1 BAD what\nU< a1 LOGIN \"user\" \"pass\"\n";
        await Session(passes: true).PlayAsync(upToQuoted + "U> a1 NO wrong\nS: a1 NO wrong\nS: <close>");
        await Session(passes: true).PlayAsync(upToQuoted + "U> a1 BAD again\n" + Failure);
    }

    [Theory]
    [InlineData("U> * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\n")]
    [InlineData("U> * OK hi\nU< a1 LOGIN {4}\nU> a1 BAD disabled\nU< a1 CAPABILITY\nU> * CAPABILITY IMAP4rev1 logindisabled\nU> a1 OK done\n")]
    public async Task No_login_goes_where_it_is_disabled(string upstream)
    {
        var session = Session(passes: true);
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{Client}{upstream}U< <close>\nS: a1 NO [UNAVAILABLE] internal server error\nS: <close>"));
        Assert.Contains(session.Log, line => line.StartsWith("Error: upstream says LOGINDISABLED (is \"proxy_ssl starttls\" missing?), the password is not sent while", StringComparison.Ordinal));
    }

    [Fact]
    public Task Authenticate_ends_in_the_answer_to_the_upstreams_login() =>
        new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Accept("us er", "")] }.PlayAsync("""
            S: * OK IMAP4 ready
            C: Tag.1 AUTHENTICATE PLAIN AHVzZXIAcGFzcw==
            U> * OK hi
            U< Tag.1 LOGIN {5}
            U> + ok
            U< us er {0}
            U> + ok
            U< 
            U> Tag.1 OK [CAPABILITY X] in
            S: Tag.1 OK [CAPABILITY X] in
            """);

    [Theory]
    [InlineData("us\r\nr", "pass")]
    [InlineData("user", "pa\nss")]
    [InlineData("user", "pa\0ss")]
    public async Task Line_ends_in_credentials_never_reach_the_upstream(string login, string password)
    {
        var session = new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Accept(login, password)] };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(Client + "U< <close>\nS: a1 NO [UNAVAILABLE] internal server error\nS: <close>"));
        Assert.Contains("Error: login or password holds CR, LF or NUL and is not sent to the upstream", session.Log.Lines);
    }

    private static SessionTranscript Session(bool passes = false) => new() { Protocol = "imap", Configure = server => server.Proxy.PassErrorMessage = passes };

    private static string Invalid(string level, string reply) =>
        $"{level}: upstream sent invalid response: \"{reply}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500";
}

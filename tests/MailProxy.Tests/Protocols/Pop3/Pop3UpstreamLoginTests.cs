using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Protocols.Pop3;

public sealed class Pop3UpstreamLoginTests
{
    private const string Client = "S: +OK POP3 ready\nC: AUTH PLAIN AHVzZXIAcGFzcw==\n";

    private const string UpToUser = Client + "U> +OK hi\nU< USER user\n";
    private const string UpToPassword = UpToUser + "U> +OK\nU< PASS pass\n";
    private const string Failure = "S: -ERR [SYS/TEMP] internal server error\nS: <close>\nU< <close>";

    /// <summary>The dialogue up to a refusal, the refusal, what the log says of it, and whether it is a temporary one.</summary>
    public static TheoryData<string, string, string, bool> Refusals => new()
    {
        { UpToUser, "-ERR who", "-ERR who", false },
        { UpToPassword, "-ERR [AUTH] \"pass\" is wrong", "(withheld, the password is in it)", false },
        { UpToPassword, "-err", "-err", false },
        { UpToPassword, "-ERR [SYS/TEMP] later", "-ERR [SYS/TEMP] later", true },
        { UpToPassword, "-ERR [IN-USE] later", "-ERR [IN-USE] later", true },
    };

    /// <summary>The same for what is no answer to the client's own login.</summary>
    public static TheoryData<string, string> Failures => new()
    {
        { Client, "-ERR busy" },
        { Client, "* OK IMAP ready" },
        { Client, "220 mail.example ESMTP" },
        { UpToUser, "+ go" },
        { UpToPassword, "235 in" },
        { UpToPassword, "OK" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public async Task A_refused_login_is_a_temporary_failure_unless_its_message_is_passed(string script, string refusal, string logged, bool isTemporary)
    {
        var reason = isTemporary ? SessionEndReason.UpstreamUnavailable : SessionEndReason.UpstreamRejected;
        var quiet = new SessionTranscript { Protocol = "pop3" };
        Assert.Equal(reason, await quiet.PlayAsync($"{script}U> {refusal}\n{Failure}"));
        Assert.Equal([$"Error: upstream sent invalid response: \"{logged}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], quiet.Log);
        var open = new SessionTranscript { Protocol = "pop3", Configure = server => server.Proxy.PassErrorMessage = true };
        Assert.Equal(reason, await open.PlayAsync($"{script}U> {refusal}\nS: {refusal}\nS: <close>\nU< <close>"));
        Assert.Equal([$"Information: upstream sent invalid response: \"{logged}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], open.Log);
    }

    [Theory, MemberData(nameof(Failures))]
    public async Task What_answers_no_login_is_never_passed(string script, string reply)
    {
        var session = new SessionTranscript { Protocol = "pop3", Configure = server => server.Proxy.PassErrorMessage = true };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{script}U> {reply}\n{Failure}"));
        Assert.Equal([$"Error: upstream sent invalid response: \"{reply}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], session.Log);
    }

    [Fact]
    public Task A_status_in_lower_case_is_one_and_what_is_behind_the_answer_is_the_relays() =>
        new SessionTranscript { Protocol = "pop3" }.PlayAsync(Client + "U> +ok hi\nU< USER user\nU> +ok\nU< PASS pass\nU> +ok in\\r\\n+OK unasked\nS: +ok in\nS: +OK unasked\nC: STAT\nU< STAT");

    [Fact]
    public Task The_auth_servers_login_and_password_are_sent_as_they_are() =>
        new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Accept(" us er%", " p q ")] }
            .PlayAsync(Client + "U> +OK hi\nU< USER  us er%\nU> +OK\nU< PASS  p q \nU> +OK\nS: +OK");

    [Theory]
    [InlineData("user\rDELE 1", "pass")]
    [InlineData("user", "pa\r\nDELE 1")]
    [InlineData("us\0er", "pass")]
    public async Task Line_ends_in_credentials_never_reach_the_upstream(string login, string password)
    {
        var session = new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Accept(login, password)] };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(Client + "U< <close>\nS: -ERR [SYS/TEMP] internal server error\nS: <close>"));
        Assert.Contains("Error: login or password holds CR, LF or NUL and is not sent to the upstream", session.Log.Lines);
    }

    [Fact]
    public async Task Without_a_password_there_is_no_login()
    {
        var session = new SessionTranscript { Protocol = "pop3", Answers = [new AuthResult { Status = AuthStatus.Accepted, Proof = ProofCheck.AuthServer, Upstream = FixedAuthenticator.Upstream, Login = "user"u8.ToArray() }] };
        await session.PlayAsync(Client + "U< <close>\nS: -ERR [SYS/TEMP] internal server error\nS: <close>");
        Assert.Contains("Error: no password available", session.Log.Lines);
    }
}

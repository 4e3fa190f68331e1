using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Testing;

namespace MailProxy.Tests.Sessions;

/// <summary>What the auth server's answers do to a session.</summary>
public sealed class SessionLoginTests
{
    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_refusal_without_wait_is_told_at_once_and_closes(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [FixedAuthenticator.Reject("Bad \"creds\"")] };
        Assert.Equal(SessionEndReason.AuthRejected, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}S: {dialect.Failure}Bad \"creds\"\nS: <close>"));
        Assert.Equal(["Information: client login failed: \"Bad \\x22creds\\x22\" while in http auth state, login: \"user\""], session.Log);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_refusal_with_wait_is_told_later_and_what_the_client_sent_meanwhile_is_answered_after_it(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [FixedAuthenticator.Reject("no", wait: 3), FixedAuthenticator.Accept()] };
        var (noop, answer) = (dialect.Noop.Split('\n')[0], dialect.Noop.Split('\n')[1]);
        await session.PlayAsync($"""
            {dialect.Greeting}{dialect.Login.TrimEnd('\n')}\
            {noop}
            {noop}
            T: 2
            S: <nothing>
            T: 1
            S: {dialect.Failure}no
            {answer}
            {answer}
            {dialect.Noop}{dialect.Error}{dialect.Login}{dialect.Upstream}
            """);
        Assert.Equal([1, 2], session.Authenticator.Requests.Select(request => request.Attempt));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task What_is_pipelined_behind_the_credentials_is_the_first_that_is_relayed(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        await new SessionTranscript { Protocol = protocol }.PlayAsync($"""
            {dialect.Greeting}{dialect.Login.TrimEnd('\n')}\
            C: next one\
            C: next two
            {dialect.Upstream}U< next one
            U< next two
            U> answer
            S: answer
            """);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task An_auth_server_without_an_answer_is_an_internal_error(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [] };
        Assert.Equal(SessionEndReason.AuthUnavailable, await session.PlayAsync(dialect.Greeting + dialect.Login + dialect.InternalError));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task An_answer_to_wait_asks_again_with_the_same_number_and_the_new_login(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var wait = new AuthResult { Status = AuthStatus.Wait, Wait = TimeSpan.FromSeconds(7), Login = "renamed"u8.ToArray(), HasLogin = true };
        var session = new SessionTranscript { Protocol = protocol, Answers = [wait, wait, FixedAuthenticator.Accept()] };
        await session.PlayAsync($"{dialect.Greeting}{dialect.Login}T: 6\nS: <nothing>\nT: 1\nT: 6\nS: <nothing>\nT: 1\nA: plain renamed pass\n{dialect.Upstream}");
        Assert.Equal([1, 1, 1], session.Authenticator.Requests.Select(request => request.Attempt));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_client_that_leaves_during_the_wait_is_noticed_after_it(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [FixedAuthenticator.Reject("no", wait: 3)] };
        Assert.Equal(SessionEndReason.ClientClosed, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}C: <close>\nT: 3\nS: {dialect.Failure}no\nS: <close>"));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_client_that_leaves_during_the_login_at_the_upstream_holds_nothing_for_long(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol };
        Assert.Equal(SessionEndReason.Done, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}C: <close>\n{dialect.Upstream}T: 61\nU< <close>\nS: <close>"));
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}C: <close>\nT: 61\nU< <close>\n{dialect.InternalError}"));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_client_that_is_gone_before_its_answer_ends_the_login_at_the_upstream(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var upstream = string.Join('\n', dialect.Upstream.Split('\n').Where(line => !line.StartsWith("S:", StringComparison.Ordinal)));
        var session = new SessionTranscript { Protocol = protocol };
        Assert.Equal(SessionEndReason.ClientError, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}C: <gone>\n{upstream}U< <close>"));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_client_that_resets_just_before_the_relay_is_no_error_of_our_own(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol };
        Assert.Equal(SessionEndReason.ClientError, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}C: <reset>\n{dialect.Upstream}U< <close>"));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_client_that_is_gone_while_the_auth_server_thinks_holds_nothing(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var asking = $"{dialect.Greeting}{dialect.Login}H< GET /a HTTP/1.0\nC: <gone>\n";
        var refused = new SessionTranscript { Protocol = protocol, AuthHttp = true };
        Assert.Equal(SessionEndReason.AuthRejected, await refused.PlayAsync($"{asking}H> Auth-Status: no\\r\\n"));
        Assert.Equal(SessionEndReason.AuthUnavailable, await refused.PlayAsync($"{asking}T: 61"));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_shutdown_timeout_ends_the_question_to_the_auth_server_with_a_word(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, AuthHttp = true, Between = session => session.Drain.RequestStop() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}H< GET /a HTTP/1.0", dialect.ComeBack));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Without_a_free_connection_the_auth_server_is_not_asked(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, WorkerConnections = 0 };
        await session.PlayAsync(dialect.Greeting + dialect.Login + dialect.InternalError);
        Assert.Empty(session.Authenticator.Requests);
        Assert.Contains("Critical: 0 worker_connections are not enough", session.Log.Lines);
    }

    [Fact]
    public async Task The_log_names_the_login_as_soon_as_the_client_does()
    {
        await new SessionTranscript { Protocol = "pop3" }.PlayAsync("S: +OK POP3 ready\nC: USER a\\x01\"b\nS: +OK\nT: 61\nS: <close>\nL: **timed out** while in auth state, login: \"a\\x01\\x22b\"");
        await new SessionTranscript { Protocol = "imap" }.PlayAsync(
            "S: * OK IMAP4 ready\nC: a AUTHENTICATE LOGIN dXNlcg==\nS: + UGFzc3dvcmQ6\nT: 61\nS: <close>\nL: **timed out** while in auth state, login: \"user\"");
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_log_names_the_login_that_the_auth_server_gives(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [new AuthResult { Status = AuthStatus.Rejected, Login = "renamed\r\n"u8.ToArray(), HasLogin = true, Text = "no"u8.ToArray() }] };
        await session.PlayAsync($"{dialect.Greeting}{dialect.Login}S: {dialect.Failure}no\nS: <close>\nL: Information: client login failed: \"no\" while in http auth state, login: \"renamed\\x0D\\x0A\"");
    }
}

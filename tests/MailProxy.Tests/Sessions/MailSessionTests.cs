using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Protocols.Smtp;
using MailProxy.Testing;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Sessions;

/// <summary>The life of a session before login: timers, limits, shutdowns.</summary>
public sealed class MailSessionTests
{
    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_timer_of_the_login_is_absolute(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol };
        Assert.Equal(SessionEndReason.TimedOut, await session.PlayAsync($"{dialect.Greeting}T: 40\n{dialect.Noop}T: 19\nS: <nothing>\nT: 2\nS: <close>"));
        Assert.Equal(["Information: client timed out (110: Connection timed out) while in auth state"], session.Log);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_failed_attempt_starts_the_timer_anew(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [FixedAuthenticator.Reject("no", wait: 70)] };
        Assert.Equal(SessionEndReason.TimedOut, await session.PlayAsync($"""
            {dialect.Greeting}T: 59
            {dialect.Login}T: 69
            S: <nothing>
            T: 1
            S: {dialect.Failure}no
            T: 59
            {dialect.Noop}T: 2
            S: <close>
            """));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_normal_disconnect_leaves_no_line_in_the_log(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        foreach (var goodbye in new[] { "C: <close>", "C: NO\\c\nC: <close>", "C: <gone>" })
        {
            var session = new SessionTranscript { Protocol = protocol };
            Assert.Equal(SessionEndReason.ClientClosed, await session.PlayAsync($"{dialect.Greeting}{dialect.Noop}{goodbye}"));
            Assert.Empty(session.Log);
        }
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_client_that_resets_the_connection_is_logged(string protocol)
    {
        var session = new SessionTranscript { Protocol = protocol };
        Assert.Equal(SessionEndReason.ClientClosed, await session.PlayAsync($"{Dialect.Of(protocol).Greeting}C: <reset>\nS: <close>"));
        Assert.Equal(["Information: recv() failed (104: Connection reset by peer) while in auth state"], session.Log);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_client_that_is_gone_when_it_is_answered_leaves_no_line_in_the_log(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [FixedAuthenticator.Reject("no", wait: 1)] };
        Assert.Equal(SessionEndReason.AuthRejected, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}C: <gone>\nT: 1"));
        Assert.Equal("Information: client login failed: \"no\" while in http auth state, login: \"user\"", Assert.Single(session.Log));
    }

    [Theory]
    [InlineData("imap", "a CAPABILITY\\r\\n")]
    [InlineData("pop3", "CAPA\\r\\n")]
    [InlineData("smtp", "EHLO cl.ient\\r\\n")]
    public async Task A_client_that_never_reads_is_cut_off_by_the_timer(string protocol, string command)
    {
        var batch = string.Concat(Enumerable.Repeat(command, 1000));
        var session = new SessionTranscript { Protocol = protocol, Cuts = [Chunks.Whole], Configure = server => server.Smtp.Capabilities = [new string('x', 60)] };
        Assert.Equal(SessionEndReason.TimedOut, await session.PlayAsync($"{Dialect.Of(protocol).Greeting}C: {batch}\nC: {batch}\nT: 59\nT: 2"));
        Assert.Equal(["Information: client timed out (110: Connection timed out) while in auth state"], session.Log);
    }

    [Theory]
    [InlineData("imap", 5, 5)]
    [InlineData("pop3", 5, 5)]
    [InlineData("smtp", 5, 5)]
    [InlineData("pop3", 2, 2)]
    [InlineData("pop3", 1, 1)]
    [InlineData("pop3", 0, 1)]
    public async Task Lines_that_cannot_be_parsed_are_counted_up_to_max_errors(string protocol, int maxErrors, int allowed)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.MaxErrors = maxErrors };
        var errors = string.Concat(Enumerable.Repeat(dialect.Error + (allowed > 1 ? dialect.Noop : ""), allowed - 1)) + dialect.Error;
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(dialect.Greeting + errors + "S: <close>"));
        Assert.Equal(["Information: client sent too many invalid commands while in auth state"], session.Log);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task An_invalid_line_is_skipped_to_its_end_and_a_failed_attempt_forgives_nothing(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var error = dialect.Error.Replace("X\n", "X \\0\\xFF\\r more of it\n", StringComparison.Ordinal);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.MaxErrors = 2, Answers = [FixedAuthenticator.Reject("no", wait: 1)] };
        await session.PlayAsync($"{dialect.Greeting}{error}{dialect.Noop}{dialect.Login}T: 1\nS: {dialect.Failure}no\n{error}S: <close>");
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Proxy_off_turns_every_client_away(string protocol)
    {
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.Enabled = false };
        Assert.Equal(SessionEndReason.Maintenance, await session.PlayAsync(Dialect.Of(protocol).ComeBack));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_graceful_shutdown_sends_waiting_clients_away(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Between = session => session.Drain.RequestComeBack() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(dialect.Greeting + "C: NO\\c", dialect.ComeBack));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_login_that_has_begun_survives_a_graceful_shutdown(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Between = session => session.Drain.RequestComeBack() };
        await session.PlayAsync(dialect.Greeting + dialect.Login, dialect.Upstream + "C: more\nU< more\nU> answer\nS: answer");
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_refused_client_that_has_to_wait_is_sent_away_when_a_graceful_shutdown_begins(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [FixedAuthenticator.Reject("no", wait: 5)], Between = session => session.Drain.RequestComeBack() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(dialect.Greeting + dialect.Login, dialect.ComeBack));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task An_auth_server_that_says_wait_for_days_holds_up_no_shutdown(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var wait = new AuthResult { Status = AuthStatus.Wait, Wait = TimeSpan.FromDays(20) };
        var session = new SessionTranscript { Protocol = protocol, Answers = [wait], Between = session => session.Drain.RequestComeBack() };
        Assert.Equal(SessionEndReason.AuthUnavailable, await session.PlayAsync(dialect.Greeting + dialect.Login, dialect.InternalError));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_shutdown_timeout_ends_a_login_at_the_upstream_with_a_word(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Between = session => session.Drain.RequestStop() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(dialect.Greeting + dialect.Login, dialect.ComeBack + "U< <close>"));
        Assert.Contains("Information: shutdown timeout", session.Log.Lines);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_shutdown_timeout_ends_the_wait_after_a_refusal_with_a_word(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Answers = [FixedAuthenticator.Reject("no", wait: 5)], Between = session => session.Drain.RequestStop() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(dialect.Greeting + dialect.Login, dialect.ComeBack));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_shutdown_timeout_ends_a_relay(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Between = session => session.Drain.RequestStop() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(dialect.Greeting + dialect.Login + dialect.Upstream, "S: <close>\nU< <close>"));
        Assert.Contains(session.Log, line => line.StartsWith("Information: shutdown timeout while proxying", StringComparison.Ordinal));
    }
}

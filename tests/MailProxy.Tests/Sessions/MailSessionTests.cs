using MailProxy.Authentication;
using MailProxy.Diagnostics;
using MailProxy.Testing;

namespace MailProxy.Tests.Sessions;

public sealed class MailSessionTests
{
    public static TheoryData<string, string, string, string> Protocols => new()
    {
        { "imap", "S: * OK IMAP4 ready\n", "S: * BYE [UNAVAILABLE] try again later\nS: <close>", "C: a LOGIN u p\n" },
        { "pop3", "S: +OK POP3 ready\n", "S: -ERR [SYS/TEMP] try again later\nS: <close>", "C: AUTH PLAIN AHUAcA==\n" },
        { "smtp", "S: 220 mx.test ESMTP ready\n", "S: 421 4.3.2 mx.test try again later\nS: <close>", "C: AUTH PLAIN AHUAcA==\n" },
    };

    [Theory, MemberData(nameof(Protocols))]
    public async Task The_timer_of_the_login_is_absolute(string protocol, string greeting, string comeBack, string login)
    {
        Assert.NotEmpty(comeBack + login);
        var noop = protocol == "imap" ? "C: a NOOP\nS: a OK completed\n" : $"C: NOOP\nS: {(protocol == "pop3" ? "+OK" : "250 2.0.0 OK")}\n";
        var session = new SessionTranscript { Protocol = protocol };
        Assert.Equal(SessionEndReason.TimedOut, await session.PlayAsync($"{greeting}T: 40\n{noop}T: 19\nS: <nothing>\nT: 2\nS: <close>"));
        Assert.Equal(["Information: client timed out (110: Connection timed out)"], session.Log.Lines);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task A_graceful_shutdown_sends_waiting_clients_away(string protocol, string greeting, string comeBack, string login)
    {
        Assert.NotEmpty(login);
        SessionTranscript session = null!;
        session = new SessionTranscript { Protocol = protocol, Between = () => session.Drain.RequestComeBack() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(greeting, comeBack));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task A_login_that_has_begun_survives_a_graceful_shutdown(string protocol, string greeting, string comeBack, string login)
    {
        Assert.NotEmpty(comeBack);
        SessionTranscript session = null!;
        session = new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.Xclient = false, Answers = [FixedAuthenticator.Accept("u", "p")], Between = () => session.Drain.RequestComeBack() };
        var rest = protocol switch
        {
            "imap" => "U> * OK\nU< a LOGIN {1}\nU> + \nU< u {1}\nU> + \nU< p\nU> a OK in\nS: a OK in\n",
            "pop3" => "U> +OK\nU< USER u\nU> +OK\nU< PASS p\nU> +OK in\nS: +OK in\n",
            _ => "U> 220 up\nU< HELO mx.test\nU> 250 up\nS: 235 2.0.0 OK\n",
        };
        await session.PlayAsync(greeting + login, rest + "C: more\nU< more\nU> answer\nS: answer");
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task The_shutdown_timeout_ends_a_login_with_a_word(string protocol, string greeting, string comeBack, string login)
    {
        SessionTranscript session = null!;
        session = new SessionTranscript { Protocol = protocol, Between = () => session.Drain.RequestStop() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(greeting + login, comeBack));
        Assert.Contains("Information: shutdown timeout", session.Log.Lines);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task The_shutdown_timeout_ends_a_relay(string protocol, string greeting, string comeBack, string login)
    {
        Assert.NotEmpty(comeBack);
        SessionTranscript session = null!;
        session = new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.Xclient = false, Answers = [FixedAuthenticator.Accept("u", "p")], Between = () => session.Drain.RequestStop() };
        var rest = protocol switch
        {
            "imap" => "U> * OK\nU< a LOGIN {1}\nU> + \nU< u {1}\nU> + \nU< p\nU> a OK in\nS: a OK in\n",
            "pop3" => "U> +OK\nU< USER u\nU> +OK\nU< PASS p\nU> +OK in\nS: +OK in\n",
            _ => "U> 220 up\nU< HELO mx.test\nU> 250 up\nS: 235 2.0.0 OK\n",
        };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(greeting + login + rest, "S: <close>"));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Proxy_off_turns_every_client_away(string protocol, string greeting, string comeBack, string login)
    {
        Assert.NotEmpty(greeting + login);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.Enabled = false };
        Assert.Equal(SessionEndReason.Maintenance, await session.PlayAsync(comeBack));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task An_auth_server_without_an_answer_is_an_internal_error(string protocol, string greeting, string comeBack, string login)
    {
        Assert.NotEmpty(comeBack);
        var session = new SessionTranscript { Protocol = protocol, Answers = [] };
        var error = protocol switch { "imap" => "* BAD internal server error", "pop3" => "-ERR internal server error", _ => "451 4.3.2 Internal server error" };
        Assert.Equal(SessionEndReason.AuthUnavailable, await session.PlayAsync($"{greeting}{login}S: {error}\nS: <close>"));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task An_upstream_that_refuses_the_connection_is_an_internal_error(string protocol, string greeting, string comeBack, string login)
    {
        Assert.NotEmpty(comeBack);
        var session = new SessionTranscript { Protocol = protocol, ConnectFailure = new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused) };
        var error = protocol switch { "imap" => "* BAD internal server error", "pop3" => "-ERR internal server error", _ => "451 4.3.2 Internal server error" };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{greeting}{login}S: {error}\nS: <close>"));
        Assert.Contains("Error: connect() failed (111: Connection refused)", session.Log.Lines);
    }

    [Fact]
    public async Task The_login_at_the_upstream_has_one_time_budget()
    {
        var session = new SessionTranscript { Protocol = "pop3" };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync("""
            S: +OK POP3 ready
            C: AUTH PLAIN AHUAcA==
            T: 30
            U> +OK slow
            U< USER user
            T: 29
            S: <nothing>
            T: 2
            S: -ERR internal server error
            S: <close>
            """));
        Assert.Contains("Information: upstream timed out (110: Connection timed out)", session.Log.Lines);
    }

    [Fact]
    public async Task An_answer_to_wait_asks_again_with_the_same_number_and_the_new_login()
    {
        var session = new SessionTranscript
        {
            Protocol = "pop3",
            Answers =
            [
                new AuthResult { Status = AuthStatus.Wait, Wait = TimeSpan.FromSeconds(7), Login = "renamed"u8.ToArray(), HasLogin = true },
                FixedAuthenticator.Accept(),
            ],
        };
        await session.PlayAsync("S: +OK POP3 ready\nC: AUTH PLAIN AHUAcA==\nT: 6\nS: <nothing>\nT: 1\nU> +OK\nU< USER user\nA: plain renamed p");
        Assert.Equal([1, 1], session.Authenticator.Requests.Select(request => request.Attempt));
    }

    [Fact]
    public async Task Attempts_are_counted()
    {
        var session = new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Reject("no", wait: 1), FixedAuthenticator.Reject("no")] };
        await session.PlayAsync("S: +OK POP3 ready\nC: AUTH PLAIN AHUAcA==\nT: 1\nS: -ERR no\nC: AUTH PLAIN AHUAcA==\nS: -ERR no\nS: <close>");
        Assert.Equal([1, 2], session.Authenticator.Requests.Select(request => request.Attempt));
    }

    [Fact]
    public async Task A_relayed_session_without_traffic_ends_by_proxy_timeout()
    {
        var session = new SessionTranscript { Protocol = "pop3", Configure = server => server.Proxy.Timeout = TimeSpan.FromSeconds(100) };
        Assert.Equal(SessionEndReason.IdleTimeout, await session.PlayAsync("""
            S: +OK POP3 ready
            C: AUTH PLAIN AHUAcA==
            U> +OK
            U< USER user
            U> +OK
            U< PASS pass
            U> +OK in
            S: +OK in
            T: 99
            U> * upstream only
            S: * upstream only
            T: 99
            C: client only
            U< client only
            T: 101
            """));
        Assert.Contains("Information: client timed out (110: Connection timed out)", session.Log.Lines);
    }

    [Fact]
    public async Task The_last_reply_reaches_a_client_that_closed_first()
    {
        var session = new SessionTranscript { Protocol = "pop3" };
        Assert.Equal(SessionEndReason.Done, await session.PlayAsync("""
            S: +OK POP3 ready
            C: AUTH PLAIN AHUAcA==
            U> +OK
            U< USER user
            U> +OK
            U< PASS pass
            U> +OK in
            S: +OK in
            C: QUIT
            C: <close>
            U< QUIT
            U> +OK bye
            U> <close>
            S: +OK bye
            S: <close>
            """));
    }
}

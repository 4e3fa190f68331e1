using System.Text;
using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Testing;
using MailProxy.Tests.Tls;
using MailProxy.Tls;

namespace MailProxy.Tests.Sessions;

/// <summary>TLS towards clients, by STARTTLS and by <c>listen … ssl</c>.</summary>
public sealed class StartTlsTests
{
    private const string Smtp = "S: 220 mx.test ESMTP ready\n";
    private const string StartTls = FakeTlsFeature.Handshake;

    [Fact]
    public async Task Imap_offers_starttls_and_forgets_it_afterwards()
    {
        var session = Session("imap", StarttlsMode.On);
        await session.PlayAsync($"""
            S: * OK IMAP4 ready
            C: a CAPABILITY
            S: * CAPABILITY IMAP4 IMAP4rev1 UIDPLUS AUTH=PLAIN STARTTLS
            S: a OK completed
            C: b starttls
            S: b OK completed
            {StartTls}S: <nothing>
            C: c CAPABILITY
            S: * CAPABILITY IMAP4 IMAP4rev1 UIDPLUS AUTH=PLAIN
            S: c OK completed
            C: d STARTTLS
            S: d BAD invalid command
            C: a LOGIN user pass
            {Dialect.Of("imap").Upstream.Replace("a OK", "a OK [CAPABILITY X]", StringComparison.Ordinal)}
            """);
        Assert.Equal(["Information: client logged in using starttls, login: \"user\", upstream: 127.0.0.1:31500"], session.Log.Take(1));
        Assert.Same(session.Tls, Assert.Single(session.Authenticator.Requests).Tls);
    }

    [Fact]
    public Task Imap_with_starttls_only_refuses_logins_before() => Session("imap", StarttlsMode.Only).PlayAsync($"""
        S: * OK IMAP4 ready
        C: a CAPABILITY
        S: * CAPABILITY IMAP4 IMAP4rev1 UIDPLUS STARTTLS LOGINDISABLED
        S: a OK completed
        C: b LOGIN user pass
        S: b BAD invalid command
        C: c AUTHENTICATE PLAIN
        S: c BAD invalid command
        C: d STARTTLS
        S: d OK completed
        {StartTls}C: a LOGIN user pass
        {Dialect.Of("imap").Upstream}
        """);

    [Fact]
    public Task Pop3_offers_stls_at_the_start_only() => Session("pop3", StarttlsMode.On).PlayAsync($"""
        S: +OK POP3 ready
        C: CAPA
        S: +OK Capability list follows
        S: TOP
        S: USER
        S: UIDL
        S: SASL PLAIN LOGIN
        S: STLS
        S: .
        C: USER user
        S: +OK
        C: CAPA
        S: +OK Capability list follows
        S: TOP
        S: USER
        S: UIDL
        S: SASL PLAIN LOGIN
        S: .
        C: STLS
        S: -ERR invalid command
        C: STLS
        S: +OK
        {StartTls}C: CAPA
        S: +OK Capability list follows
        S: TOP
        S: USER
        S: UIDL
        S: SASL PLAIN LOGIN
        S: .
        C: STLS
        S: -ERR invalid command
        C: USER user
        S: +OK
        C: PASS pass
        {Dialect.Of("pop3").Upstream}
        """);

    [Fact]
    public Task Pop3_with_starttls_only_refuses_logins_before() => Session("pop3", StarttlsMode.Only, "plain", "apop").PlayAsync($"""
        S: +OK POP3 ready <**>
        C: CAPA
        S: +OK Capability list follows
        S: TOP
        S: UIDL
        S: STLS
        S: .
        C: USER user
        S: -ERR invalid command
        C: APOP user 0123
        S: -ERR invalid command
        C: AUTH
        S: -ERR invalid command
        C: AUTH PLAIN
        S: -ERR invalid command
        C: stls
        S: +OK
        {StartTls}C: AUTH PLAIN AHVzZXIAcGFzcw==
        {Dialect.Of("pop3").Upstream}
        """);

    [Fact]
    public Task Smtp_offers_starttls_and_forgets_what_was_said_before() => Session("smtp", StarttlsMode.On, "none").PlayAsync($"""
        {Smtp}C: EHLO c
        S: 250-mx.test
        S: 250 STARTTLS
        C: MAIL FROM:<a>
        S: 250 2.0.0 OK
        C: STARTTLS
        S: 220 2.0.0 Start TLS
        {StartTls}C: RCPT TO:<b>
        S: 503 5.5.1 Bad sequence of commands
        C: MAIL FROM:<c>
        S: 250 2.0.0 OK
        C: EHLO d
        S: 250 mx.test
        C: STARTTLS
        S: 500 5.5.1 Invalid command
        """);

    [Fact]
    public async Task Smtp_keeps_no_helo_over_starttls_but_that_the_client_knows_ehlo()
    {
        var session = Session("smtp", StarttlsMode.On, "none");
        await session.PlayAsync($"""
            {Smtp}C: EHLO c
            S: 250-mx.test
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 2.0.0 Start TLS
            {StartTls}C: MAIL FROM:<a>
            S: 250 2.0.0 OK
            C: RCPT TO:<b>
            U> 220 up
            U< EHLO mx.test
            U> 250-up
            U> 250 XCLIENT NAME ADDR PROTO
            U< XCLIENT PROTO=ESMTP ADDR=127.0.0.1 NAME=[UNAVAILABLE]
            """);
        Assert.Empty(session.Authenticator.Requests[0].Envelope!.Helo);
    }

    [Fact]
    public Task Smtp_with_starttls_only_refuses_auth_before() => Session("smtp", StarttlsMode.Only, "plain", "login").PlayAsync($"""
        {Smtp}C: EHLO c
        S: 250-mx.test
        S: 250 STARTTLS
        C: AUTH PLAIN AHVzZXIAcGFzcw==
        S: 500 5.5.1 Invalid command
        C: AUTH
        S: 500 5.5.1 Invalid command
        C: STARTTLS
        S: 220 2.0.0 Start TLS
        {StartTls}C: EHLO c
        S: 250-mx.test
        S: 250 AUTH PLAIN LOGIN
        C: AUTH PLAIN AHVzZXIAcGFzcw==
        U> 220 up
        U< EHLO mx.test
        """);

    [Fact]
    public Task Smtp_lists_starttls_last() => Session("smtp", StarttlsMode.On, "plain", "login").PlayAsync($"{Smtp}C: EHLO c\nS: 250-mx.test\nS: 250-AUTH PLAIN LOGIN\nS: 250 STARTTLS");

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Clear_bytes_behind_starttls_are_never_executed(string protocol)
    {
        var session = Session(protocol, StarttlsMode.On, cuts: Chunks.Whole);
        var dialect = Dialect.Of(protocol);
        await session.PlayAsync($"{dialect.Greeting}{dialect.StartTls.Replace("\nS:", $"\\\n{dialect.Login}S:", StringComparison.Ordinal)}{StartTls}S: <nothing>\n{dialect.Noop}");
        Assert.Equal([$"Warning: client sent {dialect.Login.Length - "C: ".Length + 1} bytes behind STARTTLS in plain text, ignored while in starttls state using starttls"], session.Log);
        Assert.Empty(session.Authenticator.Requests);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Clear_bytes_behind_the_go_ahead_break_the_handshake(string protocol)
    {
        var session = Session(protocol, StarttlsMode.On);
        var dialect = Dialect.Of(protocol);
        Assert.Equal(SessionEndReason.TlsHandshake, await session.PlayAsync($"{dialect.Greeting}{dialect.StartTls}{dialect.Login}S: <close>"));
        Assert.Equal(["Information: SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while in starttls state using starttls"], session.Log);
        Assert.Contains($"mailproxy_tls_handshakes_total{{protocol=\"{protocol}\",result=\"failed\"}} 1\n", await ExportAsync(session), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Starttls_does_not_start_the_timer_anew(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = Session(protocol, StarttlsMode.On);
        Assert.Equal(SessionEndReason.TimedOut, await session.PlayAsync($"{dialect.Greeting}T: 50\n{dialect.StartTls}T: 9\nS: <nothing>\nT: 1.5\nS: <close>"));
        Assert.Empty(session.Log);
        Assert.Contains("result=\"timed_out\"} 1\n", await ExportAsync(session), StringComparison.Ordinal);

        Assert.Equal(SessionEndReason.TimedOut, await session.PlayAsync($"{dialect.Greeting}T: 50\n{dialect.StartTls}T: 5\n{StartTls}T: 4\n{dialect.Noop}T: 1.5\nS: <close>"));
        Assert.Equal(["Information: client timed out (110: Connection timed out) while in auth state using starttls"], session.Log);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Errors_and_attempts_are_counted_across_starttls(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = Session(protocol, StarttlsMode.On, answers: [FixedAuthenticator.Reject("no", wait: 1), FixedAuthenticator.Reject("no", wait: 1)], maxErrors: 2);
        var attempt = $"{dialect.Login}T: 1\nS: {dialect.Failure}no\n";
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync($"{dialect.Greeting}{dialect.Error}{attempt}{dialect.StartTls}{StartTls}{attempt}{dialect.Error}S: <close>"));
        Assert.Equal([1, 2], session.Authenticator.Requests.Select(request => request.Attempt));
        Assert.Equal([false, true], session.Authenticator.Requests.Select(request => request.Tls is not null));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_shutdown_in_the_handshake_is_told_behind_it(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.Tls.Starttls = StarttlsMode.On, Between = session => session.Drain.RequestComeBack() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(dialect.Greeting + dialect.StartTls, StartTls + dialect.ComeBack));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_end_of_a_shutdown_ends_a_handshake_without_a_word(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.Tls.Starttls = StarttlsMode.On, Between = session => session.Drain.RequestStop() };
        Assert.Equal(SessionEndReason.Shutdown, await session.PlayAsync(dialect.Greeting + dialect.StartTls, "S: <close>"));
        Assert.Empty(session.Log);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_server_without_starttls_does_not_know_the_command(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        await Session(protocol, StarttlsMode.Off).PlayAsync(dialect.Greeting + dialect.StartTls.Split("S:")[0] + dialect.Invalid.Replace("S: a ", "S: b ", StringComparison.Ordinal) + dialect.Noop);
    }

    private static SessionTranscript Session(string protocol, StarttlsMode mode, params string[] methods) => Session(protocol, mode, methods, null);

    private static SessionTranscript Session(string protocol, StarttlsMode mode, string[]? methods = null, AuthResult[]? answers = null, int maxErrors = 5, Chunks? cuts = null) => new()
    {
        Protocol = protocol,
        Cuts = cuts is { } one ? [one] : [Chunks.Whole, Chunks.PerByte],
        Answers = answers ?? [FixedAuthenticator.Accept()],
        Configure = server =>
        {
            server.Tls.Starttls = mode;
            server.MaxErrors = maxErrors;
            if (methods is { Length: > 0 }) Dialect.Enable(server, methods);
        },
    };

    private static async Task<string> ExportAsync(SessionTranscript session)
    {
        await using var stream = new MemoryStream();
        await session.Registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}

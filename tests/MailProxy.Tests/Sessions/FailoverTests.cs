using System.Net;
using System.Net.Sockets;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Protocols.Smtp;
using MailProxy.Testing;
using MailProxy.Tests.Upstreams;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Sessions;

/// <summary>Groups of servers and <c>proxy_pass</c>, as clients see them.</summary>
public sealed class FailoverTests
{
    private const string Unavailable = "**Temporary server problem, try again later\nS: <close>\n";

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_login_is_passed_on_and_the_upstream_decides(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = Session(protocol);
        Assert.Equal(SessionEndReason.Done, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}{Upstream(dialect)}U> <close>\nS: <close>\nU< <close>"));
        Assert.Equal("1", await MetricAsync(session, "mailproxy_upstream_picks_total{upstream=\"pool\",server=\"10.0.0.1:143\"}"));
    }

    [Fact]
    public async Task The_upstreams_refusal_is_the_clients_and_it_may_try_again()
    {
        await Session("imap").PlayAsync("""
            S: * OK IMAP4 ready
            C: a LOGIN user wrong
            U> * OK hi
            U< a LOGIN {4}
            U> + go
            U< user {5}
            U> + go
            U< wrong
            U> a NO [AUTHENTICATIONFAILED] Authentication failed.
            S: a NO [AUTHENTICATIONFAILED] Authentication failed.
            U< <close>
            C: b LOGIN user pass
            V> * OK hi
            V< b LOGIN {4}
            V> + go
            V< user {4}
            V> + go
            V< pass
            V> b OK in
            S: b OK in
            """);
        await Session("pop3").PlayAsync("""
            S: +OK POP3 ready
            C: USER user
            S: +OK
            C: PASS wrong
            U> +OK hi
            U< USER user
            U> +OK
            U< PASS wrong
            U> -ERR [AUTH] Authentication failed.
            S: -ERR [AUTH] Authentication failed.
            C: USER user
            S: +OK
            """);
        await Session("smtp").PlayAsync("""
            S: 220 mx.test ESMTP ready
            C: EHLO me
            S: 250-mx.test
            S: 250 AUTH PLAIN LOGIN
            C: AUTH PLAIN AHVzZXIAd3Jvbmc=
            U> 220 up
            U< EHLO mx.test
            U> 250-up
            U> 250 AUTH PLAIN
            U< AUTH PLAIN AHVzZXIAd3Jvbmc=
            U> 535 5.7.8 no
            S: 535 5.7.8 no
            C: NOOP
            S: 250 2.0.0 OK
            """);
    }

    [Fact]
    public async Task Mail_without_authentication_is_passed_on()
    {
        await Session("smtp", server => server.Smtp.Auth = ["none"]).PlayAsync("""
            S: 220 mx.test ESMTP ready
            C: HELO me
            S: 250 mx.test
            C: MAIL FROM:<a@x>
            S: 250 2.0.0 OK
            C: RCPT TO:<b@y>
            U> 220 up
            U< EHLO mx.test
            U> 250 up
            U< MAIL FROM:<a@x>
            U> 250 ok
            U< RCPT TO:<b@y>
            U> 250 ok
            S: 250 ok
            """);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_server_that_refuses_connections_is_followed_by_the_next(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = Session(protocol, failureOf: endPoint => endPoint.ToString() == "10.0.0.1:143" ? new SocketException((int)SocketError.ConnectionRefused) : null);
        await session.PlayAsync(dialect.Greeting + dialect.Login + Upstream(dialect));
        Assert.Contains("Error: recv() failed (111: Connection refused) while reading response from upstream, login: \"user\", upstream: 10.0.0.1:143", session.Log);
        Assert.Equal("1", await MetricAsync(session, "mailproxy_upstream_failures_total{upstream=\"pool\",server=\"10.0.0.1:143\",reason=\"connect\"}"));
    }

    [Theory]
    [InlineData("imap", "* BYE Too many connections", "refused")]
    [InlineData("imap", "* PREAUTH here you are", "refused")]
    [InlineData("pop3", "-ERR not now", "refused")]
    [InlineData("smtp", "421 4.3.2 not now", "refused")]
    [InlineData("smtp", "220 up\nU< EHLO mx.test\nU> 421 4.3.2 not now", "refused")]
    [InlineData("imap", "<close>", "closed")]
    [InlineData("pop3", "<reset>", "closed")]
    public async Task A_server_without_a_good_greeting_is_followed_by_the_next(string protocol, string says, string reason)
    {
        var dialect = Dialect.Of(protocol);
        var session = Session(protocol);
        await session.PlayAsync($"{dialect.Greeting}{dialect.Login}U> {says}\nU< <close>\n{Upstream(dialect).Replace("U>", "V>", StringComparison.Ordinal).Replace("U<", "V<", StringComparison.Ordinal)}");
        Assert.Equal("1", await MetricAsync(session, $"mailproxy_upstream_failures_total{{upstream=\"pool\",server=\"10.0.0.1:143\",reason=\"{reason}\"}}"));
    }

    [Fact]
    public async Task A_late_greeting_is_none()
    {
        var dialect = Dialect.Of("imap");
        var session = Session("imap");
        await session.PlayAsync($"{dialect.Greeting}{dialect.Login}U> * OK\\c\nT: 10\nU< <close>\n{Upstream(dialect).Replace("U>", "V>", StringComparison.Ordinal).Replace("U<", "V<", StringComparison.Ordinal)}");
        Assert.Contains("Information: upstream timed out (110: Connection timed out) while reading response from upstream, login: \"user\", upstream: 10.0.0.1:143", session.Log);
    }

    [Fact]
    public async Task An_address_has_proxy_connect_timeout_too()
    {
        var dialect = Dialect.Of("imap");
        var session = new SessionTranscript { Protocol = "imap", Configure = server => server.Proxy.ConnectTimeout = TimeSpan.FromSeconds(3) };
        await session.PlayAsync($"{dialect.Greeting}{dialect.Login}U> * OK\\c\nT: 3\n{dialect.InternalError}");
    }

    [Fact]
    public async Task Once_the_server_knows_who_logs_in_no_other_is_tried()
    {
        var session = Session("imap");
        await session.PlayAsync("S: * OK IMAP4 ready\nC: a LOGIN user pass\nU> * OK hi\nU< a LOGIN {4}\nU> + go\nU< user {4}\nU> <close>\nS: a NO [UNAVAILABLE] " + Unavailable[2..]);
        Assert.Equal("", await MetricAsync(session, "mailproxy_upstream_picks_total{upstream=\"pool\",server=\"10.0.0.2:143\"}"));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task With_all_servers_dead_the_client_is_told_to_come_back_at_once(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = Session(protocol, failureOf: _ => new SocketException((int)SocketError.ConnectionRefused));
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}S: {Words(protocol)} {Unavailable[2..]}"));
        Assert.Contains(session.Log, line => line.StartsWith("Error: no live upstreams while connecting to upstream", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_tries_are_limited()
    {
        foreach (var configure in (Action<ServerOptions>[])[server => server.Proxy.NextUpstream = false, server => server.Proxy.NextUpstreamTries = 1])
        {
            var session = Session("imap", configure);
            await session.PlayAsync("S: * OK IMAP4 ready\nC: a LOGIN user pass\nU> * BYE full\nU< <close>\nS: a NO [UNAVAILABLE] " + Unavailable[2..]);
            Assert.Equal("", await MetricAsync(session, "mailproxy_upstream_picks_total{upstream=\"pool\",server=\"10.0.0.2:143\"}"));
        }

        var timed = Session("imap", server => server.Proxy.NextUpstreamTimeout = TimeSpan.FromSeconds(5));
        await timed.PlayAsync("S: * OK IMAP4 ready\nC: a LOGIN user pass\nU> * OK\\c\nT: 10\nS: a NO [UNAVAILABLE] " + Unavailable[2..]);
    }

    [Fact]
    public async Task An_answer_may_name_a_group_or_a_host_and_one_that_is_neither_is_a_temporary_failure()
    {
        var dialect = Dialect.Of("imap");
        await Answered("pool", null).PlayAsync(dialect.Greeting + dialect.Login + dialect.Upstream);
        await Answered("localhost", 143).PlayAsync(dialect.Greeting + dialect.Login + dialect.Upstream + "U> <close>\nS: <close>\nU< <close>");
        var unknown = Answered("nobody", null);
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await unknown.PlayAsync($"{dialect.Greeting}{dialect.Login}S: a NO [UNAVAILABLE] {Unavailable[2..]}"));
        Assert.Equal(["Error: no upstream \"nobody\" is defined while in http auth state, login: \"user\""], unknown.Log);
    }

    private static SessionTranscript Answered(string host, int? port) => new()
    {
        Protocol = "imap",
        Groups = [Groups.Options(UpstreamMethod.RoundRobin, Groups.Server(1))],
        Answers = [FixedAuthenticator.Accept(upstream: new UpstreamAddress(host, port))],
    };

    private static SessionTranscript Session(string protocol, Action<ServerOptions>? configure = null, Func<EndPoint, Exception?>? failureOf = null) => new()
    {
        Protocol = protocol,
        Groups = [Groups.Options(UpstreamMethod.RoundRobin, Groups.Server(1), Groups.Server(2))],
        FailureOf = failureOf ?? (static _ => null),
        Configure = server =>
        {
            server.AuthHttp.Url = [];
            server.Proxy.Pass = new UpstreamAddress("pool", null);
            server.Proxy.PassErrorMessage = true;
            server.SmtpUpstream.Xclient = server.Protocol == "smtp";
            configure?.Invoke(server);
        },
    };

    /// <summary>An upstream that decides is told the password by SMTP too.</summary>
    private static string Upstream(Dialect dialect) =>
        dialect.Upstream.Replace("S: 235 2.0.0 OK", "U< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235 in\nS: 235 2.0.0 OK", StringComparison.Ordinal);

    private static string Words(string protocol) => protocol switch { "imap" => "a NO [UNAVAILABLE]", "pop3" => "-ERR [SYS/TEMP]", _ => "451 4.3.2" };

    private static async Task<string> MetricAsync(SessionTranscript session, string name)
    {
        await using var stream = new MemoryStream();
        await session.Registry.CollectAndExportAsTextAsync(stream);
        var text = System.Text.Encoding.UTF8.GetString(stream.ToArray());
        return text.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";
    }
}

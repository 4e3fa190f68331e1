using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Protocols.Smtp;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;
using MailProxy.Tls;
using MailProxy.Transport.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Tls;

/// <summary>When an upstream is asked for TLS, and what of it goes wrong.</summary>
public sealed class UpstreamTlsTests
{
    public static TheoryData<string, string> Starttls => new()
    {
        { "imap", "U> * OK hi\nU< a STARTTLS\nU> * CAPABILITY IMAP4rev1\nU> a OK go\n" },
        { "pop3", "U> +OK hi\nU< STLS\nU> +OK go\n" },
        { "smtp", "U> 220 up\nU< EHLO mx.test\nU> 250-up\nU> 250 STARTTLS\nU< STARTTLS\nU> 220-now\nU> 220 go\n" },
    };

    public static TheoryData<string, string, string> Injections => new()
    {
        { "imap", "U> * OK hi\nU< a STARTTLS\n", "U> a OK go\\r\\na OK in\n" },
        { "pop3", "U> +OK hi\nU< STLS\n", "U> +OK go\\r\\n+OK\n" },
        { "pop3", "U> +OK hi\nU< STLS\n", "U> +OK go\\r\\n+\\c\n" },
        { "smtp", "U> 220 up\nU< EHLO mx.test\nU> 250 up\nU< STARTTLS\n", "U> 220 go\\r\\n250 up\n" },
    };

    [Theory, MemberData(nameof(Starttls))]
    public async Task A_login_over_starttls_begins_with_it_and_says_nothing_before(string protocol, string script)
    {
        var dialect = Dialect.Of(protocol);
        // IMAP and POP3 greet once; SMTP's EHLO is said again.
        var rest = dialect.Upstream[(dialect.Upstream.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        var session = Session(protocol, ProxyTlsMode.Starttls);
        await session.PlayAsync(dialect.Greeting + dialect.Login + script + rest);
        Assert.All(session.UpstreamEngine.Targets, target => Assert.Equal(new TlsTarget("127.0.0.1", SendName: true, "127.0.0.1:31500 127.0.0.1"), target));
        Assert.NotEmpty(session.UpstreamEngine.Targets);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_auth_server_overrides_the_directive(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var off = Session(protocol, ProxyTlsMode.Starttls, ProxyTlsMode.Off);
        await off.PlayAsync(dialect.Greeting + dialect.Login + dialect.Upstream);
        Assert.Empty(off.UpstreamEngine.Targets);
        var on = Session(protocol, ProxyTlsMode.Off, ProxyTlsMode.On);
        // To the end: the context is made on another thread, which the clock must not overtake.
        await on.PlayAsync(dialect.Greeting + dialect.Login + dialect.Upstream + "U> <close>\nS: <close>\nU< <close>");
        Assert.Equal(2, on.UpstreamEngine.Targets.Count);            // one for each way of cutting lines
    }

    [Theory, MemberData(nameof(Injections))]
    public async Task Bytes_behind_the_go_ahead_are_refused(string protocol, string script, string answer)
    {
        var dialect = Dialect.Of(protocol);
        var session = Session(protocol, ProxyTlsMode.Starttls, cuts: [Chunks.Whole]);
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(dialect.Greeting + dialect.Login + script + answer + dialect.InternalError + "U< <close>"));
        Assert.Contains(session.Log, line => line.StartsWith("Error: upstream sent data behind its answer to STARTTLS while reading response from upstream", StringComparison.Ordinal));
        Assert.Empty(session.UpstreamEngine.Targets);
    }

    [Theory]
    [InlineData("imap", "U> * OK hi\nU< a STARTTLS\nU> a NO not here\n", "a NO not here")]
    [InlineData("imap", "U> * OK hi\nU< a STARTTLS\nU> b OK not you\n", "b OK not you")]
    [InlineData("pop3", "U> +OK hi\nU< STLS\nU> -ERR not here\n", "-ERR not here")]
    [InlineData("smtp", "U> 220 up\nU< EHLO mx.test\nU> 250 up\nU< STARTTLS\nU> 502 5.5.1 what?\n", "502 5.5.1 what?")]
    public async Task A_refusal_is_an_internal_error_though_messages_are_passed(string protocol, string script, string reply)
    {
        var dialect = Dialect.Of(protocol);
        var session = Session(protocol, ProxyTlsMode.Starttls);
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(dialect.Greeting + dialect.Login + script + dialect.InternalError + "U< <close>"));
        Assert.Contains(session.Log, line => line.StartsWith($"Error: upstream refused STARTTLS: \"{reply}\" while reading response from upstream", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(TlsFailure.Verification, "certificate verify error: (10:certificate has expired)", "upstream SSL certificate verify error: (10:certificate has expired)")]
    [InlineData(TlsFailure.Name, "certificate does not match \"x\"", "upstream SSL certificate does not match \"x\"")]
    [InlineData(TlsFailure.Handshake, "SSL_do_handshake() failed (SSL: y)", "SSL_do_handshake() failed (SSL: y)")]
    [InlineData(TlsFailure.Closed, "peer closed connection in SSL handshake", "peer closed connection in SSL handshake")]
    public async Task Each_failure_has_its_own_words(object failure, string message, string logged)
    {
        foreach (var dialect in Dialect.Names.Select(Dialect.Of))
        {
            var session = Session(dialect.Protocol, ProxyTlsMode.On, failure: new TlsException((TlsFailure)failure, message));
            Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(dialect.Greeting + dialect.Login + "U< <close>\n" + dialect.InternalError));
            Assert.Equal([$"Error: {logged} while SSL handshaking to upstream, login: \"user\", upstream: 127.0.0.1:31500"], session.Log);
        }
    }

    [Fact]
    public void Servers_that_say_the_same_share_a_context_and_those_that_say_nothing_have_none_yet()
    {
        var tls = new FakeUpstreamTls();
        new UpstreamTls().Load([Options(_ => { }), Options(one => one.Mode = ProxyTlsMode.On), Options(one => one.Mode = ProxyTlsMode.Starttls), Options(one => one.Verify = false)], tls);
        Assert.Equal([true, false], tls.Contexts.Select(options => options.Verify));
        Assert.All(tls.Contexts, options => Assert.Equal(["TLSv1.2", "TLSv1.3"], options.Protocols));
        Assert.Throws<TlsConfigurationException>(() => new UpstreamTls().Load([Options(one => one.Ciphers = "bad")], tls));
    }

    [Fact]
    public async Task The_name_is_the_directives()
    {
        var tls = new UpstreamTls();
        var options = Options(one => (one.Name, one.ServerName) = ("mail.example", false));
        tls.Load([options], new FakeUpstreamTls());
        var handshake = await tls.PrepareAsync(options, ProxyTlsMode.On, FixedAuthenticator.Upstream.Literal!);
        Assert.Equal(new TlsTarget("mail.example", SendName: false, "127.0.0.1:31500 mail.example"), handshake!.Target);
    }

    private static SessionTranscript Session(string protocol, ProxyTlsMode mode, ProxyTlsMode? answer = null, TlsException? failure = null, Chunks[]? cuts = null)
    {
        var accepted = FixedAuthenticator.Accept();
        return new SessionTranscript
        {
            Protocol = protocol,
            UpstreamEngine = new FakeUpstreamTls { Failure = failure },
            Cuts = cuts ?? [Chunks.Whole, Chunks.PerByte],
            Configure = server =>
            {
                server.ProxyTls.Mode = mode;
                server.SmtpUpstream.Xclient = protocol == "smtp";
                server.Proxy.PassErrorMessage = true;
            },
            Answers = [new AuthResult { Status = AuthStatus.Accepted, Proof = ProofCheck.AuthServer, Upstream = accepted.Upstream, Login = accepted.Login, UpstreamCredentials = accepted.UpstreamCredentials, ProxySsl = answer }],
        };
    }

    private static ProxyTlsOptions Options(Action<ProxyTlsOptions> configure)
    {
        var options = new ProxyTlsOptions();
        configure(options);
        return options;
    }
}

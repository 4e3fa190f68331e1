using MailProxy.Observing;
using MailProxy.Tests.Sessions;
using MailProxy.Tests.Tls;
using MailProxy.Tls;

namespace MailProxy.Tests.Listening;

/// <summary><c>listen … ssl</c>: nothing is said in plain text.</summary>
public sealed class ImplicitTlsMiddlewareTests
{
    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_greeting_comes_behind_the_handshake_and_offers_no_starttls(string protocol)
    {
        var session = Session(protocol);
        var dialect = Dialect.Of(protocol);
        Assert.Equal(SessionEndReason.ClientClosed, await session.PlayAsync($"S: <nothing>\n{FakeTlsFeature.Handshake}{dialect.Greeting}{dialect.StartTls.Split("S:")[0]}{dialect.Invalid.Replace("S: a ", "S: b ", StringComparison.Ordinal)}{dialect.Noop}"));
        Assert.Empty(session.Log);
    }

    [Theory]
    [InlineData("GET / HTTP/1.0")]
    [InlineData("a LOGIN user pass")]
    [InlineData("\\x00\\xff\\x80")]
    public async Task Plain_text_is_closed_without_a_byte(string line)
    {
        var session = Session("imap");
        Assert.Equal(SessionEndReason.TlsHandshake, await session.PlayAsync($"C: {line}\nS: <close>"));
        Assert.Equal(["Information: SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking"], session.Log);
    }

    [Fact]
    public async Task A_client_that_goes_away_is_logged()
    {
        var session = Session("smtp");
        Assert.Equal(SessionEndReason.TlsHandshake, await session.PlayAsync("C: \\x16he\\c\nC: <close>\nS: <close>"));
        Assert.Equal(["Information: peer closed connection in SSL handshake while SSL handshaking"], session.Log);
    }

    [Fact]
    public async Task A_client_whose_connection_fails_is_logged()
    {
        var session = Session("pop3");
        Assert.Equal(SessionEndReason.TlsHandshake, await session.PlayAsync("C: <reset>\nS: <close>"));
        Assert.Equal(["Information: recv() failed (104: Connection reset by peer) while SSL handshaking"], session.Log);
    }

    [Fact]
    public async Task A_client_that_takes_longer_than_timeout_is_closed_without_a_line()
    {
        var session = Session("imap");
        Assert.Equal(SessionEndReason.TimedOut, await session.PlayAsync("C: \\x16he\\c\nT: 59\nS: <nothing>\nT: 2\nS: <close>"));
        Assert.Empty(session.Log);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_timer_of_the_login_begins_with_the_greeting(string protocol)
    {
        var session = Session(protocol);
        var dialect = Dialect.Of(protocol);
        Assert.Equal(SessionEndReason.TimedOut, await session.PlayAsync($"T: 50\n{FakeTlsFeature.Handshake}{dialect.Greeting}T: 50\n{dialect.Noop}T: 11\nS: <close>"));
    }

    private static SessionTranscript Session(string protocol) =>
        new() { Protocol = protocol, IsImplicitTls = true, Configure = server => server.Tls.Starttls = StarttlsMode.On };
}

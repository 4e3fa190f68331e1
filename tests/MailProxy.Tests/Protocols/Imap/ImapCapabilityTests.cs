using MailProxy.Observing;
using MailProxy.Protocols.Imap;
using MailProxy.Tests.Sessions;
using MailProxy.Tests.Tls;
using MailProxy.Tls;

namespace MailProxy.Tests.Protocols.Imap;

/// <summary>What a client is told of the upstream's capabilities (<c>proxy_imap_capability</c>).</summary>
public sealed class ImapCapabilityTests
{
    private const string Greeting = "S: * OK IMAP4 ready\n";
    private const string Asks = "C: a CAPABILITY\nS: * CAPABILITY IMAP4 IMAP4rev1 UIDPLUS AUTH=PLAIN\nS: a OK completed\n";
    private const string Login = "C: a1 LOGIN user pass\nU> * OK [CAPABILITY IMAP4rev1] hi\nU< a1 LOGIN {4}\nU> + ok\nU< user {4}\nU> + ok\nU< pass\n";
    private const string AsksUpstream = "U< Ca1 CAPABILITY\nS: <nothing>\nU> * CAPABILITY IMAP4rev1 IDLE\nU> Ca1 OK done\nS: * CAPABILITY IMAP4rev1 IDLE\nS: a1 OK in\n";

    [Fact]
    public Task A_client_that_has_asked_gets_the_upstreams_list() => Session().PlayAsync(Greeting + Asks + Login + "U> a1 OK in\n" + AsksUpstream);

    [Fact]
    public Task One_that_has_not_gets_nginxs_bytes() => Session().PlayAsync(Greeting + Login + "U> a1 OK in\nS: a1 OK in\nU< <nothing>");

    [Fact]
    public Task On_is_for_every_client() => Session(ImapCapabilityMode.On).PlayAsync(Greeting + Login + "U> a1 OK in\n" + AsksUpstream);

    [Fact]
    public Task Off_is_for_none() => Session(ImapCapabilityMode.Off).PlayAsync(Greeting + Asks + Login + "U> a1 OK in\nS: a1 OK in\nU< <nothing>");

    [Theory]
    [InlineData("U> a1 OK [CAPABILITY X] in\nS: a1 OK [CAPABILITY X] in\nU< <nothing>")]
    [InlineData("U> * CAPABILITY X\nU> a1 OK in\nS: * CAPABILITY X\nS: a1 OK in\nU< <nothing>")]
    public Task Where_the_answer_has_a_list_nobody_is_asked(string answer) => Session(ImapCapabilityMode.On).PlayAsync(Greeting + Asks + Login + answer);

    [Fact]
    public Task A_refused_login_asks_nothing() => Session(ImapCapabilityMode.On).PlayAsync(Greeting + Login + "U> a1 NO wrong\nU< <close>\nS: a1 NO [UNAVAILABLE] internal server error\nS: <close>");

    [Fact]
    public Task Everything_keeps_its_order_and_what_is_behind_is_the_relays() => Session().PlayAsync(
        Greeting + Asks + Login + "U> * OK [ALERT] over quota\\r\\na1 OK in\\r\\n* 1 RECENT\nU< Ca1 CAPABILITY\nU> * CAPABILITY X\\r\\nCa1 OK\\r\\n* 3 EXISTS\n"
        + "S: * OK [ALERT] over quota\nS: * 1 RECENT\nS: * CAPABILITY X\nS: a1 OK in\nS: * 3 EXISTS");

    [Theory, InlineData("NO not now"), InlineData("BAD what")]
    public Task An_upstream_that_does_not_tell_is_no_failure(string answer) =>
        Session().PlayAsync($"{Greeting}{Asks}{Login}U> a1 OK in\nU< Ca1 CAPABILITY\nU> Ca1 {answer}\nS: a1 OK in\nC: b NOOP\nU< b NOOP");

    [Theory, InlineData("* BYE down"), InlineData("a1 OK again"), InlineData("<close>")]
    public async Task One_that_breaks_off_is(string reply)
    {
        var session = Session();
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{Greeting}{Asks}{Login}U> a1 OK in\nU< Ca1 CAPABILITY\nU> {reply}\nS: a1 NO [UNAVAILABLE] internal server error\nS: <close>"));
    }

    [Fact]
    public async Task Behind_starttls_a_client_has_not_asked()
    {
        var session = new SessionTranscript { Protocol = "imap", Configure = server => server.Tls.Starttls = StarttlsMode.On };
        var asks = Asks.Replace("AUTH=PLAIN", "AUTH=PLAIN STARTTLS", StringComparison.Ordinal);
        var starttls = $"{Greeting}{asks}C: b STARTTLS\nS: b OK completed\n{FakeTlsFeature.Handshake}";
        await session.PlayAsync($"{starttls}{Login}U> a1 OK in\nS: a1 OK in\nU< <nothing>");
        await session.PlayAsync($"{starttls}{Asks}{Login}U> a1 OK in\n{AsksUpstream}");
    }

    private static SessionTranscript Session(ImapCapabilityMode mode = ImapCapabilityMode.Auto) => new() { Protocol = "imap", Configure = server => server.ImapUpstream.ImapCapability = mode };
}

using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>The differential tests are worth what they catch: two nginx, one of them with a directive more.</summary>
public sealed class HarnessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData("imap: CAPABILITY, NOOP and LOGOUT", "imap_capabilities IMAP4rev1;", "client")]
    [InlineData("imap: the client closes", "server_name other;", "")]
    [InlineData("smtp: HELO, NOOP, RSET and QUIT", "server_name other;", "client")]
    [InlineData("imap: max_errors 1", "max_errors 2;", "client")]
    [InlineData("imap: LOGIN with atoms", "auth_http_header X-More 1;", "auth")]
    [InlineData("pop3: upstream: PASS is refused and the client is told", "proxy_pass_error_message off;", "client")]
    [InlineData("pop3: relay: nobody says anything", "proxy_timeout 1h;", "client,upstream")]
    [InlineData("smtp: golden 12: proxy_smtp_auth with XCLIENT", "xclient off;", "client,upstream")]
    public async Task A_deliberate_difference_is_caught_in_its_stream(string name, string directive, string streams)
    {
        var scenario = Scenario.All.Single(scenario => scenario.Name == name);
        var word = directive.Split(' ')[0] + " ";
        var changed = scenario with
        {
            Directives = [.. scenario.Directives.Where(line => !line.StartsWith(word, StringComparison.Ordinal)), directive],
        };

        await using var first = await Theatre.OpenAsync(new NginxServer(), [scenario]);
        await using var second = await Theatre.OpenAsync(new NginxServer(), [changed]);
        var (expected, actual) = (first.PlayAsync(scenario, Patience), second.PlayAsync(changed, Patience));

        Assert.Empty((await expected).Mismatches);
        Assert.Equal(streams, string.Join(',', (await actual).DifferingFrom(await expected)));
    }

    [Fact]
    public async Task Bytes_that_no_step_waits_for_are_compared_as_well()
    {
        var quiet = Parse("imap: quiet", "S: * OK IMAP4 ready\nC: a1 NOOP\nS: a1 OK completed");
        var chatty = Parse("imap: quiet", "S: * OK IMAP4 ready\nC: a1 NOOP\\r\\na2 NOOP\nS: a1 OK completed");

        await using var first = await Theatre.OpenAsync(new NginxServer(), [quiet]);
        await using var second = await Theatre.OpenAsync(new NginxServer(), [chatty]);
        var expected = await first.PlayAsync(quiet, Patience);
        var actual = await second.PlayAsync(chatty, Patience);

        Assert.Empty(actual.Mismatches);
        Assert.Equal(["client"], actual.DifferingFrom(expected));
    }

    [Fact]
    public async Task A_proxy_that_does_not_do_what_the_transcript_says_is_caught()
    {
        var scenario = Parse("imap: wrong", "S: * OK IMAP4 ready\nC: a1 NOOP\nS: a1 NO completed");
        await using var theatre = await Theatre.OpenAsync(new NginxServer(), [scenario]);
        var mismatch = Assert.Single((await theatre.PlayAsync(scenario, Patience)).Mismatches);
        Assert.Contains(@"expected a1 NO completed\x0D\x0A, got a1 OK completed\x0D\x0A", mismatch, StringComparison.Ordinal);
    }

    private static Scenario Parse(string name, string steps) => Assert.Single(Scenario.Parse("test", $"=== {name}\n{steps}\n"));
}

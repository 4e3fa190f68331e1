using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Protocols.Smtp;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Smtp;

/// <summary>XCLIENT LOGIN stands in for a login that somebody has checked, and for no other.</summary>
public sealed class SmtpProofTests
{
    private const string Hello = "S: 220 mx.test ESMTP ready\nC: EHLO cl.ient\nS: 250-mx.test\nS: 250 AUTH PLAIN LOGIN\n";
    private const string Login = "C: AUTH PLAIN AHVzZXIAcGFzcw==\n";
    private const string Upstream = "U> 220 up\nU< EHLO mx.test\nU> 250-up\nU> 250-AUTH PLAIN\n";
    private const string Auth = "U< AUTH PLAIN AHVzZXIAcGFzcw==\nU> 235 ok\n";
    private const string Done = "S: 235 2.0.0 OK\n";

    public static TheoryData<int, bool, bool> Matrix()
    {
        var data = new TheoryData<int, bool, bool>();
        foreach (var proof in Enum.GetValues<ProofCheck>())
        {
            foreach (var isOffered in new[] { false, true })
            {
                foreach (var isConfigured in new[] { false, true }) data.Add((int)proof, isOffered, isConfigured);
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Matrix))]
    public async Task A_login_that_nobody_has_checked_is_checked_by_the_upstream(int proof, bool isOffered, bool isConfigured)
    {
        var mustLogIn = isConfigured || (ProofCheck)proof == ProofCheck.Nobody;
        var xclient = isOffered ? $"U< XCLIENT ADDR=127.0.0.1{(mustLogIn ? "" : " LOGIN=user")} NAME=[UNAVAILABLE]\nU> 220 again\nU< EHLO cl.ient\nU> 250-up\nU> 250 AUTH PLAIN\n" : "";
        await Session(proof, smtpAuth: isConfigured).PlayAsync($"{Hello}{Login}{Upstream}U> 250 {(isOffered ? "XCLIENT NAME ADDR LOGIN" : "SIZE")}\n{xclient}{(mustLogIn ? Auth : "")}{Done}U< <nothing>");
    }

    [Fact]
    public Task Without_xclient_too() =>
        Session((int)ProofCheck.Nobody, xclient: false).PlayAsync($"{Hello}{Login}{Upstream}U> 250 XCLIENT NAME ADDR LOGIN\n{Auth}{Done}U< <nothing>");

    [Fact]
    public async Task An_upstream_that_refuses_it_is_heard_and_the_client_may_try_again()
    {
        var session = Session((int)ProofCheck.Nobody, xclient: false, answers: 2);
        await session.PlayAsync($"{Hello}{Login}{Upstream}U> 250 SIZE\nU< AUTH PLAIN **\nU> 535 5.7.8 no\nS: 535 5.7.8 no\n{Login}{Second(Upstream)}V> 250 SIZE\n{Second(Auth)}{Done}");
        Assert.DoesNotContain(session.Log.Lines, line => line.StartsWith("Error:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_of_what_was_checked_is_still_no_wrong_password() =>
        Assert.Equal(SessionEndReason.UpstreamRejected, await Session((int)ProofCheck.Directory, smtpAuth: true, xclient: false)
            .PlayAsync($"{Hello}{Login}{Upstream}U> 250 SIZE\nU< AUTH PLAIN **\nU> 535 5.7.8 no\nS: 451 4.3.2 Internal server error\nS: <close>"));

    private static string Second(string upstream) => upstream.Replace("U>", "V>", StringComparison.Ordinal).Replace("U<", "V<", StringComparison.Ordinal);

    private static SessionTranscript Session(int proof, bool smtpAuth = false, bool xclient = true, int answers = 1) => new()
    {
        Protocol = "smtp",
        Configure = server => (server.SmtpUpstream.SmtpAuth, server.SmtpUpstream.Xclient) = (smtpAuth, xclient),
        Answers = [.. Enumerable.Range(0, answers).Select(_ => FixedAuthenticator.Accept() with { Proof = (ProofCheck)proof })],
    };
}

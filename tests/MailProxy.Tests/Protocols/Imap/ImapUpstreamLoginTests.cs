using MailProxy.Diagnostics;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Imap;

public sealed class ImapUpstreamLoginTests
{
    private const string Client = "S: * OK IMAP4 ready\nC: a1 LOGIN user pass\n";
    private const string UpToPassword = Client + "U> * OK hi\nU< a1 LOGIN {4}\nU> + ok\nU< user {4}\nU> + ok\nU< pass\n";

    /// <summary>The dialogue up to a refusal, the refusal, and what the log says of it.</summary>
    public static TheoryData<string, string, string> Refusals => new()
    {
        { Client, "* PREAUTH hi", "* PREAUTH hi" },
        { Client, "* ok hi", "* ok hi" },
        { Client, "* BYE go away", "* BYE go away" },
        { Client + "U> * OK hi\nU< a1 LOGIN {4}\n", "a1 BAD what", "a1 BAD what" },
        { Client + "U> * OK hi\nU< a1 LOGIN {4}\nU> + ok\nU< user {4}\n", "a1 NO who", "a1 NO who" },
        { UpToPassword, "a1 NO [AUTHENTICATIONFAILED] no pass here", "(withheld, the password is in it)" },
        { UpToPassword, "a2 OK another tag", "a2 OK another tag" },
        { UpToPassword, "a1 ok lower case", "ok lower case" },
        { UpToPassword, "+ what", "+ what" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public async Task A_refusal_is_an_internal_error_unless_its_message_is_passed(string script, string refusal, string logged)
    {
        var quiet = new SessionTranscript { Protocol = "imap" };
        Assert.Equal(SessionEndReason.UpstreamRejected, await quiet.PlayAsync($"{script}U> {refusal}\nS: * BAD internal server error\nS: <close>\nU< <close>"));
        Assert.Equal([$"Error: upstream sent invalid response: \"{logged}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], quiet.Log);
        var open = new SessionTranscript { Protocol = "imap", Configure = server => server.Proxy.PassErrorMessage = true };
        Assert.Equal(SessionEndReason.UpstreamRejected, await open.PlayAsync($"{script}U> {refusal}\nS: {refusal}\nS: <close>\nU< <close>"));
        Assert.Equal([$"Information: upstream sent invalid response: \"{logged}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], open.Log);
    }

    [Fact]
    public Task All_lines_of_a_refusal_are_passed() =>
        new SessionTranscript { Protocol = "imap", Cuts = [Chunks.Whole], Configure = server => server.Proxy.PassErrorMessage = true }
            .PlayAsync(UpToPassword + "U> a1 NO one\\r\\n* BYE two\nS: a1 NO one\nS: * BYE two\nS: <close>");

    [Fact]
    public Task One_untagged_line_before_the_answer_is_forwarded() =>
        new SessionTranscript { Protocol = "imap" }.PlayAsync(UpToPassword + "U> * CAPABILITY X\nS: <nothing>\nU> a1 OK done\nS: * CAPABILITY X\nS: a1 OK done");

    [Fact]
    public Task A_second_untagged_line_is_a_refusal() =>
        new SessionTranscript { Protocol = "imap" }.PlayAsync(UpToPassword + "U> * CAPABILITY X\nU> * more\nS: * BAD internal server error\nS: <close>");

    [Fact]
    public Task Authenticate_ends_in_the_answer_to_the_upstreams_login() =>
        new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Accept("us er", "")] }.PlayAsync("""
            S: * OK IMAP4 ready
            C: Tag.1 AUTHENTICATE PLAIN AHVzZXIAcGFzcw==
            U> * OK hi
            U< Tag.1 LOGIN {5}
            U> + ok
            U< us er {0}
            U> + ok
            U< 
            U> Tag.1 OK [CAPABILITY X] in
            S: Tag.1 OK [CAPABILITY X] in
            """);

    [Theory]
    [InlineData("us\r\nr", "pass")]
    [InlineData("user", "pa\nss")]
    [InlineData("user", "pa\0ss")]
    public async Task Line_ends_in_credentials_never_reach_the_upstream(string login, string password)
    {
        var session = new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Accept(login, password)] };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(Client + "U< <close>\nS: * BAD internal server error\nS: <close>"));
        Assert.Contains("Error: login or password holds CR, LF or NUL and is not sent to the upstream", session.Log.Lines);
    }
}

using MailProxy.Configuration;
using MailProxy.Diagnostics;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Imap;

public sealed class ImapSessionTests
{
    private const string Greeting = "S: * OK IMAP4 ready\n";

    /// <summary>The upstream's part of a login of user/pass under the tag a1.</summary>
    private const string UpstreamLogin = """

        U> * OK ready
        U< a1 LOGIN {4}
        U> + go
        U< user {4}
        U> + go
        U< pass
        U> a1 OK done
        S: a1 OK done

        """;

    public static TheoryData<string, string> Dialogues => new()
    {
        { "capability", "C: a CAPABILITY\nS: * CAPABILITY IMAP4 IMAP4rev1 UIDPLUS AUTH=PLAIN\nS: a OK completed" },
        { "noop", "C: a.1_b-C NOOP\nS: a.1_b-C OK completed" },
        { "lower case", "C: a noop\nS: a OK completed" },
        { "bare line feed", "C: a NOOP\\n\\c\nS: a OK completed" },
        { "noop ignores arguments", "C: a NOOP x y z\nS: a OK completed" },
        { "a fourth argument", "C: a NOOP x y z w\nS: a BAD invalid command" },
        { "logout", "C: a LOGOUT\nS: * BYE\nS: a OK completed\nS: <close>" },
        { "logout drops what follows", "C: a LOGOUT\\\nC: b NOOP\nS: * BYE\nS: a OK completed\nS: <close>" },
        { "starttls is off", "C: a STARTTLS\nS: a BAD invalid command" },
        { "unknown command", "C: a SELECT inbox\nS: a BAD invalid command" },
        { "id", "C: a ID NIL\nS: a BAD invalid command" },
        { "bad tag", "C: !!!\nS: * BAD invalid command" },
        { "empty line", "C: \nS: * BAD invalid command" },
        { "no tag", "C:  NOOP\nS: * BAD invalid command" },
        { "carriage return within", "C: a NO\\rOP\nS: a BAD invalid command" },
        { "non-synchronising literal in a bad command", "C: a FETCH {4+}\nS: a BAD invalid command\nS: <close>" },
        { "login without password", "C: a LOGIN user\nS: a BAD invalid command" },
        { "login with three arguments", "C: a LOGIN user pass more\nS: a BAD invalid command" },
        { "login with an empty user", "C: a LOGIN \"\" pass\nS: a BAD invalid command" },
        { "authenticate alone", "C: a AUTHENTICATE\nS: a BAD invalid command" },
        { "unknown mechanism", "C: a AUTHENTICATE GSSAPI\nS: a BAD invalid command" },
        { "cram-md5 not enabled", "C: a AUTHENTICATE CRAM-MD5\nS: a BAD invalid command" },
        { "external not enabled", "C: a AUTHENTICATE EXTERNAL\nS: a BAD invalid command" },
        { "external with initial response not enabled", "C: a AUTHENTICATE EXTERNAL dQ==\nS: a BAD invalid command" },
        { "cancelled", "C: a AUTHENTICATE PLAIN\nS: + \nC: *\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "bad base64", "C: a AUTHENTICATE PLAIN\nS: + \nC: A!==\nS: a BAD invalid command" },
        { "plain without second NUL", "C: a AUTHENTICATE PLAIN AHU=\nS: a BAD invalid command" },
        { "bad user name keeps the tag", "C: a AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: !\nS: a BAD invalid command" },
        { "pipelined commands", "C: a NOOP\\\nC: b NOOP\\\nC: c LOGOUT\nS: a OK completed\nS: b OK completed\nS: * BYE\nS: c OK completed\nS: <close>" },
        { "invalid commands of a known verb do not count", string.Concat(Enumerable.Repeat("C: a LOGIN x\nS: a BAD invalid command\n", 8)) + "C: a NOOP\nS: a OK completed" },
        { "five errors", string.Concat(Enumerable.Repeat("C: a X\nS: a BAD invalid command\n", 5)) + "S: <close>" },
        { "closed while a command is incomplete", "C: a NOO\\c\nC: <close>\nS: <close>" },
    };

    public static TheoryData<string, string, string> Logins => new()
    {
        { "quoted", "C: a1 LOGIN \"user\" \"pass\"", "plain user pass" },
        { "quoted side by side", "C: a1 LOGIN \"user\"\"pass\"", "plain user pass" },
        { "escaped", "C: a1 LOGIN \"u\\x5cser\" \"pa\\x5c\"ss\"", "plain user pa\"ss" },
        { "atoms", "C: a1 login user pass", "plain user pass" },
        { "literals", "C: a1 LOGIN {4}\nS: + OK\nC: user {4}\nS: + OK\nC: pass", "plain user pass" },
        { "non-synchronising literals", "C: a1 LOGIN {4+}\\\nC: user {4+}\\\nC: pass", "plain user pass" },
        { "empty literal", "C: a1 LOGIN {4}\nS: + OK\nC: user {0}\nS: + OK\nC: ", "plain user " },
        { "literal with any byte", "C: a1 LOGIN {4}\nS: + OK\nC: us\\xFFr {4}\nS: + OK\nC: pa s", "plain us\\xFFr pa s" },
        { "plain", "C: a1 AUTHENTICATE PLAIN\nS: + \nC: AHVzZXIAcGFzcw==", "plain user pass" },
        { "plain with initial response", "C: a1 AUTHENTICATE plain AHVzZXIAcGFzcw", "plain user pass" },
        { "plain with authorization identity", "C: a1 AUTHENTICATE PLAIN eAB1c2VyAHBhc3M=", "plain user pass" },
        { "login", "C: a1 AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGFzcw==", "plain user pass" },
        { "login with initial response", "C: a1 AUTHENTICATE LOGIN dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGFzcw==", "plain user pass" },
        { "cram-md5", "C: a1 AUTHENTICATE CRAM-MD5\nS: + PD**\nC: dXNlciAwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==", "cram-md5 user 0123456789abcdef0123456789abcdef" },
        { "external", "C: a1 AUTHENTICATE EXTERNAL\nS: + VXNlcm5hbWU6\nC: dXNlcg==", "external user " },
        { "external with initial response", "C: a1 AUTHENTICATE EXTERNAL dXNlcg==", "external user " },
    };

    [Theory, MemberData(nameof(Dialogues))]
    public async Task Commands_before_login_are_answered_as_nginx_answers_them(string name, string script)
    {
        foreach (var chunks in Enum.GetValues<Chunks>())
        {
            Assert.NotEmpty(name);
            await new SessionTranscript { Protocol = "imap" }.PlayAsync(Greeting + script, chunks);
        }
    }

    [Theory, MemberData(nameof(Logins))]
    public async Task Every_way_to_log_in_reaches_the_upstream(string name, string script, string login)
    {
        foreach (var chunks in Enum.GetValues<Chunks>())
        {
            Assert.NotEmpty(name);
            var session = new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.Auth = ["plain", "cram-md5", "external"] };
            var end = await session.PlayAsync(Greeting + script + UpstreamLogin + $"A: {login}\nC: <close>\nU> <close>\nS: <close>", chunks);
            Assert.Equal(SessionEndReason.Done, end);
        }
    }

    [Theory, InlineData(Chunks.Whole), InlineData(Chunks.PerByte)]
    public Task Bytes_behind_the_credentials_are_the_first_that_are_relayed(Chunks chunks) =>
        new SessionTranscript { Protocol = "imap" }.PlayAsync(Greeting + """
            C: a1 AUTHENTICATE PLAIN
            S: + 
            C: AHVzZXIAcGFzcw==\
            C: a2 NOOP
            """ + UpstreamLogin + """
            U< a2 NOOP
            U> a2 OK
            S: a2 OK
            """, chunks);

    [Fact]
    public Task The_capability_line_lists_configured_words_and_methods_in_nginx_order() =>
        new SessionTranscript
        {
            Protocol = "imap",
            Configure = server => server.Imap = new ImapOptions { Auth = ["external", "cram-md5", "login", "plain"], Capabilities = ["IMAP4rev1", "IDLE"] },
        }.PlayAsync(Greeting + "C: a CAPABILITY\nS: * CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=EXTERNAL\nS: a OK completed");

    [Theory, InlineData(Chunks.Whole), InlineData(Chunks.PerByte)]
    public async Task A_command_longer_than_the_client_buffer_ends_the_session(Chunks chunks)
    {
        var session = new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 64 };
        var end = await session.PlayAsync(Greeting + $"C: a NOOP {new string('x', 55)}\nS: a BAD invalid command\nS: <close>", Chunks.Whole);
        Assert.Equal(SessionEndReason.ProtocolError, end);
        Assert.Contains("Information: client sent too long command", session.Log.Lines);
        await new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 64 }
            .PlayAsync(Greeting + $"C: a NOOP {new string('x', 55)}\\n\\c\nS: a OK completed", chunks);
    }

    [Fact]
    public Task A_literal_larger_than_the_buffer_is_welcomed_and_then_too_long() =>
        new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 64 }
            .PlayAsync(Greeting + $"C: a LOGIN {{1000}}\nS: + OK\nC: {new string('x', 100)}\nS: a BAD invalid command\nS: <close>");

    [Theory, InlineData(Chunks.Whole), InlineData(Chunks.PerByte)]
    public async Task A_refusal_without_wait_is_told_at_once_and_closes(Chunks chunks)
    {
        var session = new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Reject("Bad creds")] };
        Assert.Equal(SessionEndReason.AuthRejected, await session.PlayAsync(Greeting + "C: a1 LOGIN u p\nS: a1 NO Bad creds\nS: <close>", chunks));
        Assert.Contains("Information: client login failed: \"Bad creds\"", session.Log.Lines);
    }

    [Fact]
    public Task A_refusal_with_wait_is_told_later_and_the_session_goes_on() =>
        new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Reject("Bad creds", wait: 3), FixedAuthenticator.Accept()] }
            .PlayAsync(Greeting + """
                C: a0 LOGIN u p\
                C: b NOOP
                T: 2
                S: <nothing>
                T: 1
                S: a0 NO Bad creds
                S: b OK completed
                C: 1 !
                S: 1 BAD invalid command
                C: !
                S: * BAD invalid command
                C: a1 LOGIN user pass
                """ + UpstreamLogin);

    [Fact]
    public async Task An_upstream_that_refuses_is_an_internal_error_unless_its_message_is_passed()
    {
        const string Script = """
            S: * OK IMAP4 ready
            C: a1 LOGIN user pass
            U> * OK hi
            U< a1 LOGIN {4}
            U> + ok
            U< user {4}
            U> + ok
            U< pass
            U> a1 NO [AUTHENTICATIONFAILED] no pass here

            """;
        var quiet = new SessionTranscript { Protocol = "imap" };
        Assert.Equal(SessionEndReason.UpstreamRejected, await quiet.PlayAsync(Script + "S: * BAD internal server error\nS: <close>"));
        Assert.Contains("Error: upstream sent invalid response: \"NO [AUTHENTICATIONFAILED] no *** here\"", quiet.Log.Lines);
        var open = new SessionTranscript { Protocol = "imap", Configure = server => server.Proxy.PassErrorMessage = true };
        await open.PlayAsync(Script + "S: a1 NO [AUTHENTICATIONFAILED] no pass here\nS: <close>");
        Assert.Contains("Information: upstream sent invalid response: \"NO [AUTHENTICATIONFAILED] no *** here\"", open.Log.Lines);
    }

    [Theory]
    [InlineData("U> * PREAUTH hi")]
    [InlineData("U> * ok hi")]
    [InlineData("U> * BYE no")]
    [InlineData("U> <close>")]
    [InlineData("T: 60")]
    public Task A_greeting_that_is_none_is_an_internal_error(string upstream) =>
        new SessionTranscript { Protocol = "imap" }.PlayAsync(Greeting + $"C: a1 LOGIN user pass\n{upstream}\nS: * BAD internal server error\nS: <close>");

    [Fact]
    public async Task A_reply_longer_than_the_proxy_buffer_is_an_internal_error()
    {
        var session = new SessionTranscript { Protocol = "imap", Configure = server => server.Proxy.Buffer = 64 };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(
            Greeting + $"C: a1 LOGIN user pass\nU> * OK {new string('x', 100)}\nS: * BAD internal server error\nS: <close>"));
        Assert.Contains($"Error: upstream sent too long response line: \"* OK {new string('x', 59)}\"", session.Log.Lines);
    }

    [Theory, InlineData(Chunks.Whole), InlineData(Chunks.PerByte)]
    public Task One_untagged_line_before_the_answer_is_forwarded(Chunks chunks) =>
        new SessionTranscript { Protocol = "imap" }.PlayAsync(Greeting + """
            C: a1 LOGIN user pass
            U> * OK hi
            U< a1 LOGIN {4}
            U> + ok
            U< user {4}
            U> + ok
            U< pass
            U> * CAPABILITY X
            U> a1 OK done
            S: * CAPABILITY X
            S: a1 OK done
            """, chunks);

    [Theory]
    [InlineData("C: a1 LOGIN {5}\nS: + OK\nC: us\\r\\nr pass")]
    [InlineData("C: a1 AUTHENTICATE PLAIN AHVzZXIAcGEKc3M=")]
    public Task Line_ends_in_credentials_never_reach_the_upstream(string login) =>
        new SessionTranscript
        {
            Protocol = "imap",
            Answers = [FixedAuthenticator.Accept("us\r\nr", "pass")],
        }.PlayAsync(Greeting + login + "\nS: * BAD internal server error\nS: <close>\nU< <close>");
}

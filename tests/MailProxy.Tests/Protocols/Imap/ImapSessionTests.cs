using MailProxy.Configuration;
using MailProxy.Diagnostics;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Imap;

public sealed class ImapSessionTests
{
    private const string Greeting = "S: * OK IMAP4 ready\n";

    /// <summary>The upstream's part of a login of user/pass under the tag a1.</summary>
    private const string UpstreamLogin = "\nU> * OK ready\nU< a1 LOGIN {4}\nU> + go\nU< user {4}\nU> + go\nU< pass\nU> a1 OK done\nS: a1 OK done\n";

    private static readonly string Tag32 = new('t', 32);

    public static TheoryData<string, string> Dialogues => new()
    {
        { "capability", "C: a CAPABILITY\nS: * CAPABILITY IMAP4 IMAP4rev1 UIDPLUS AUTH=PLAIN\nS: a OK completed" },
        { "capability ignores arguments", "C: a CAPABILITY x\nS: * CAPABILITY IMAP4 IMAP4rev1 UIDPLUS AUTH=PLAIN\nS: a OK completed" },
        { "noop", "C: a.1_b-C NOOP\nS: a.1_b-C OK completed" },
        { "lower case", "C: a noop\nS: a OK completed" },
        { "bare line feed", "C: a NOOP\\n\\c\nS: a OK completed" },
        { "spaces", "C: a   NOOP  x   \nS: a OK completed" },
        { "noop ignores arguments", "C: a NOOP x y z\nS: a OK completed" },
        { "a fourth argument", "C: a NOOP x y z w\nS: a BAD invalid command" },
        { "the longest tag", $"C: {Tag32} NOOP\nS: {Tag32} OK completed" },
        { "a longer tag", $"C: {Tag32}t NOOP\nS: * BAD invalid command" },
        { "logout", "C: a LOGOUT\nS: * BYE\nS: a OK completed\nS: <close>" },
        { "logout drops what follows", "C: a LOGOUT\\\nC: b NOOP\nS: * BYE\nS: a OK completed\nS: <close>" },
        { "starttls is off and does not count", string.Concat(Enumerable.Repeat("C: a STARTTLS\nS: a BAD invalid command\n", 6)) },
        { "unknown command", "C: a SELECT inbox\nS: a BAD invalid command" },
        { "id, enable, idle", "C: a ID NIL\nS: a BAD invalid command\nC: a ENABLE X\nS: a BAD invalid command\nC: a IDLE\nS: a BAD invalid command" },
        { "bad tag", "C: !!!\nS: * BAD invalid command" },
        { "empty line", "C: \nS: * BAD invalid command" },
        { "no tag", "C:  NOOP\nS: * BAD invalid command" },
        { "no command", "C: a\nS: * BAD invalid command\nC: a \nS: a BAD invalid command" },
        { "carriage return within", "C: a NO\\rOP\nS: a BAD invalid command" },
        { "line end within quotes, then a command", "C: a LOGIN \"u\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed\nC: c NOOP \"x\"\nS: c OK completed" },
        { "line end behind a backslash", "C: a LOGIN \"u\\x5c\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "junk behind a literal", "C: a LOGIN {4}\nS: + OK\nC: userx pass\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literal behind a literal", "C: a LOGIN {4}\nS: + OK\nC: user{4}\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literal length that overflows", "C: a LOGIN {99999999999999999999}\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "non-synchronising literal in a bad command", "C: a FETCH {4+}\nS: a BAD invalid command\nS: <close>" },
        { "non-synchronising literal without a tag", "C: ! {4+}\nS: * BAD invalid command\nS: <close>" },
        { "synchronising literal in a bad command", "C: a FETCH {4}\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literal in a command that needs none", "C: a NOOP {4}\nS: + OK\nC: user\nS: a OK completed" },
        { "literals in one command after the other", "C: a NOOP {1}\nS: + OK\nC: x {1}\nS: + OK\nC: y\nS: a OK completed\nC: b NOOP {1}\nS: + OK\nC: x\nS: b OK completed" },
        { "login without password", "C: a LOGIN user\nS: a BAD invalid command" },
        { "login with three arguments", "C: a LOGIN user hunter2 more\nS: a BAD invalid command" },
        { "login with an empty user", "C: a LOGIN \"\" hunter2\nS: a BAD invalid command" },
        { "authenticate alone", "C: a AUTHENTICATE\nS: a BAD invalid command" },
        { "bad user name keeps the tag", "C: a AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: !\nS: a BAD invalid command\nC: !\nS: * BAD invalid command" },
        { "pipelined commands", "C: a NOOP\\\nC: b NOOP\\\nC: c LOGOUT\nS: a OK completed\nS: b OK completed\nS: * BYE\nS: c OK completed\nS: <close>" },
        { "invalid commands of a known verb do not count", string.Concat(Enumerable.Repeat("C: a LOGIN x\nS: a BAD invalid command\n", 8)) + "C: a NOOP\nS: a OK completed" },
    };

    public static TheoryData<string, string, string> Logins => new()
    {
        { "quoted", "C: a1 LOGIN \"user\" \"pass\"", "plain user pass" },
        { "quoted side by side", "C: a1 LOGIN \"user\"\"pass\"", "plain user pass" },
        { "quoted with a space", "C: a1 LOGIN \"us er\" \" pass\"", "plain us er  pass" },
        { "escaped", "C: a1 LOGIN \"u\\x5cser\" \"pa\\x5c\"s\\x5c\\x5cs\"", "plain user pa\"s\\\\s" },
        { "atoms", "C: a1 login user pass", "plain user pass" },
        { "atoms hold quotes", "C: a1 LOGIN us\"er p(a\\x5css", "plain us\"er p(a\\x5css" },
        { "literals", "C: a1 LOGIN {4}\nS: + OK\nC: user {4}\nS: + OK\nC: pass", "plain user pass" },
        { "non-synchronising literals", "C: a1 LOGIN {4+}\\\nC: user {4+}\\\nC: pass", "plain user pass" },
        { "one literal and one string", "C: a1 LOGIN {4}\nS: + OK\nC: user \"pass\"", "plain user pass" },
        { "literals that do not wait", "C: a1 LOGIN {4}\\\nC: user {4}\\\nC: pass\nS: + OK\nS: + OK", "plain user pass" },
        { "empty literal", "C: a1 LOGIN {4}\nS: + OK\nC: user {0}\nS: + OK\nC: ", "plain user " },
        { "empty string", "C: a1 LOGIN user \"\"", "plain user " },
        { "literal with any byte", "C: a1 LOGIN {4}\nS: + OK\nC: us\\xFFr {4}\nS: + OK\nC: p\\0\\r\\n", "plain us\\xFFr p\\0\\r\\n" },
        { "authenticate with a quoted mechanism", "C: a1 AUTHENTICATE \"PLAIN\" {16}\nS: + OK\nC: AHVzZXIAcGFzcw==", "plain user pass" },
    };

    [Theory, MemberData(nameof(Dialogues))]
    public async Task Commands_before_login_are_answered_as_nginx_answers_them(string name, string script)
    {
        Assert.NotEmpty(name);
        await new SessionTranscript { Protocol = "imap" }.PlayAsync(Greeting + script);
    }

    [Theory, MemberData(nameof(Logins))]
    public async Task Every_form_of_arguments_is_understood(string name, string script, string login)
    {
        Assert.NotEmpty(name);
        await new SessionTranscript { Protocol = "imap" }.PlayAsync($"{Greeting}{script}\nA: {login}{UpstreamLogin}");
    }

    [Fact]
    public Task The_capability_line_lists_configured_words_and_methods_in_nginx_order() =>
        new SessionTranscript
        {
            Protocol = "imap",
            Configure = server => server.Imap = new ImapOptions { Auth = ["external", "cram-md5", "login", "plain"], Capabilities = ["IMAP4rev1", "IDLE"] },
        }.PlayAsync(Greeting + "C: a CAPABILITY\nS: * CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=EXTERNAL\nS: a OK completed");

    [Fact]
    public async Task A_command_longer_than_the_client_buffer_ends_the_session()
    {
        var session = new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 64 };
        await session.PlayAsync(Greeting + $"C: a NOOP {new string('x', 55)}\nS: a OK completed\nC: a NOOP {new string('x', 56)}\\n\\c\nS: a OK completed");
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(Greeting + $"C: a LOGIN user hunter2{new string('x', 45)}\nS: a BAD invalid command\nS: <close>"));
        Assert.Equal(["Information: client sent too long command while in auth state"], session.Log);
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(Greeting + $"C: {new string('!', 65)}\nS: * BAD invalid command\nS: <close>"));
    }

    [Fact]
    public async Task A_response_longer_than_the_client_buffer_is_answered_under_the_tag()
    {
        var session = new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 64 };
        Assert.Equal(SessionEndReason.ProtocolError, await session.PlayAsync(Greeting + $"C: a AUTHENTICATE PLAIN\nS: + \nC: {new string('A', 64)}\nS: a BAD invalid command\nS: <close>"));
    }

    [Fact]
    public Task A_literal_larger_than_the_buffer_is_welcomed_and_then_too_long() =>
        new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 64 }
            .PlayAsync(Greeting + $"C: a LOGIN {{1000}}\nS: + OK\nC: {new string('x', 100)}\nS: a BAD invalid command\nS: <close>");

    [Fact]
    public Task A_batch_larger_than_the_client_buffer_is_answered() =>
        new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 16 }
            .PlayAsync(Greeting + string.Concat(Enumerable.Repeat("C: a NOOP\\\n", 30)) + "C: a NOOP\n" + string.Concat(Enumerable.Repeat("S: a OK completed\n", 31)));

    [Fact]
    public Task After_a_refusal_an_unparsable_line_has_no_tag() =>
        new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Reject("", wait: 3), FixedAuthenticator.Accept()] }
            .PlayAsync(Greeting + "C: stale LOGIN u p\nT: 3\nS: stale NO \nC: !\nS: * BAD invalid command\nC: a1 LOGIN user pass" + UpstreamLogin);
}

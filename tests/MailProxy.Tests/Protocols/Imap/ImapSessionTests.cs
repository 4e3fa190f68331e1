using MailProxy.Observing;
using MailProxy.Protocols.Imap;
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
        { "id", "C: a ID NIL\nS: * ID NIL\nS: a OK completed\nC: b id (\"name\" \"x\" \"version\" NIL)\nS: * ID NIL\nS: b OK completed\nC: c ID ()\nS: * ID NIL\nS: c OK completed" },
        { "id with literals that do not wait", "C: a ID ({4+}\\\nC: name {9+}\\\nC: Microsoft {2-}\\\nC: os {0+}\\\nC: )\nS: * ID NIL\nS: a OK completed\nC: b NOOP\nS: b OK completed" },
        { "id with literals that wait", "C: a ID ({4}\nS: + OK\nC: name {5}\nS: + OK\nC: \\r\\nb N)\nS: * ID NIL\nS: a OK completed\nC: b NOOP\nS: b OK completed" },
        { "id out of its grammar", "C: a ID x\nS: a BAD invalid command\nC: b ID (\"name\" {2000}\nS: b BAD invalid command\nC: c ID (name {3+}\\\nC: d X (\"x\"))\nS: c BAD invalid command\nC: e NOOP\nS: e OK completed" },
        { "tags of RFC 9051", "C: $1 NOOP\nS: $1 OK completed\nC: a/b NOOP\nS: a/b OK completed\nC: #1 NOOP\nS: #1 OK completed\nC: x:1 NOOP\nS: x:1 OK completed\nC: a+ NOOP\nS: * BAD invalid command" },
        { "enable, idle", "C: a ENABLE X\nS: a BAD invalid command\nC: a IDLE\nS: a BAD invalid command" },
        { "bad tag", "C: ***\nS: * BAD invalid command" },
        { "empty line", "C: \nS: * BAD invalid command" },
        { "no tag", "C:  NOOP\nS: * BAD invalid command" },
        { "no command", "C: a\nS: * BAD invalid command\nC: a \nS: a BAD invalid command" },
        { "carriage return within", "C: a NO\\rOP\nS: a BAD invalid command" },
        { "line end within quotes, then a command", "C: a LOGIN \"u\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed\nC: c NOOP \"x\"\nS: c OK completed" },
        { "line end behind a backslash", "C: a LOGIN \"u\\x5c\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "junk behind a literal", "C: a LOGIN {4}\nS: + OK\nC: userx pass\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literal behind a literal", "C: a LOGIN {4}\nS: + OK\nC: user{4}\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literal length that overflows", "C: a LOGIN {99999999999999999999}\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "non-synchronising literal in a bad command", "C: a FETCH {4+}\\\nC: b NO\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literals in a bad command", "C: a FETCH {6+}\\\nC: b NOOP {8-}\\\nC: \\r\\n\\0\\xFF{1+}x {0+}\\\nC:  \\x5c {2+}\\\nC: \\r\\n\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literal of a bad command that ends in one that waits", "C: a FETCH {1+}\\\nC: x {9}\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "nothing behind a literal", "C: a FETCH {3+}\\\nC: abc\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "an empty literal and nothing", "C: a FETCH {0+}\\\nC: \nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literal without an end", "C: a FETCH {400+}\\\nC: abc\nS: <nothing>" },
        { "a bad command within a literal is answered and counted once", string.Concat(Enumerable.Repeat("C: a FETCH {3+}\\\nC: b X {1+}\\\nC: x\nS: a BAD invalid command\n", 4)) + "C: a X\nS: a BAD invalid command\nS: <close>" },
        { "literal of four gigabytes", "C: a LOGIN {4294967295+}\nS: a BAD invalid command\nS: <close>" },
        { "literal of no number that exists", "C: a LOGIN {99999999999999999999+}\nS: a BAD invalid command\nS: <close>" },
        { "literal that is too large and waits", "C: a LOGIN {4294967295}\nS: a BAD invalid command\nC: b LOGIN {4}\nS: + OK\nC: user {4096}\nS: b BAD invalid command\nC: c NOOP\nS: c OK completed" },
        { "literal that is too large for the buffer and is skipped", $"C: a LOGIN user {{5000+}}\\\nC: {new string('x', 5000)}\nS: a BAD invalid command\nC: b NOOP\nS: b OK completed" },
        { "literals that are too much together", $"C: a X {{60000+}}\\\nC: {new string('x', 60_000)} {{6000+}}\nS: a BAD invalid command\nS: <close>" },
        { "a line without end behind a literal", $"C: a X {{1+}}\\\nC: {new string('x', 5000)}\nS: a BAD invalid command\nS: <close>" },
        { "non-synchronising literal without a tag", "C: ( {4+}\\\nC: b NO\nS: * BAD invalid command\nC: b NOOP\nS: b OK completed" },
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
    public Task A_literal_larger_than_the_buffer_is_not_welcome() =>
        new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 64 }
            .PlayAsync(Greeting + $"C: a LOGIN {{50}}\nS: a BAD invalid command\nC: b LOGIN {{49}}\nS: + OK\nC: {new string('x', 49)}\\n\\c\nS: b BAD invalid command\nC: c NOOP\nS: c OK completed");

    [Fact]
    public Task Id_is_unknown_where_it_is_off() =>
        new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.Id = false }
            .PlayAsync(Greeting + "C: a ID (\"name\" {5}\nS: a BAD invalid command\n" + string.Concat(Enumerable.Repeat("C: a ID NIL\nS: a BAD invalid command\n", 4)) + "S: <close>");

    [Fact]
    public Task A_batch_larger_than_the_client_buffer_is_answered() =>
        new SessionTranscript { Protocol = "imap", Configure = server => server.Imap.ClientBuffer = 16 }
            .PlayAsync(Greeting + string.Concat(Enumerable.Repeat("C: a NOOP\\\n", 30)) + "C: a NOOP\n" + string.Concat(Enumerable.Repeat("S: a OK completed\n", 31)));

    [Fact]
    public Task After_a_refusal_an_unparsable_line_has_no_tag() =>
        new SessionTranscript { Protocol = "imap", Answers = [FixedAuthenticator.Reject("", wait: 3), FixedAuthenticator.Accept()] }
            .PlayAsync(Greeting + "C: stale LOGIN u p\nT: 3\nS: stale NO \nC: !\nS: * BAD invalid command\nC: a1 LOGIN user pass" + UpstreamLogin);
}

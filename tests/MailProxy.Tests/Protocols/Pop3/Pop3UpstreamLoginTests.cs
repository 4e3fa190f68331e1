using MailProxy.Authentication;
using MailProxy.Diagnostics;
using MailProxy.Testing;
using MailProxy.Tests.Sessions;

namespace MailProxy.Tests.Protocols.Pop3;

public sealed class Pop3UpstreamLoginTests
{
    private const string Client = "S: +OK POP3 ready\nC: AUTH PLAIN AHVzZXIAcGFzcw==\n";

    public static TheoryData<string, string, string> Refusals => new()
    {
        { Client, "-ERR busy", "-ERR busy" },
        { Client, "* OK IMAP ready", "* OK IMAP ready" },
        { Client + "U> +OK hi\nU< USER user\n", "-ERR who", "-ERR who" },
        { Client + "U> +OK hi\nU< USER user\nU> +OK\nU< PASS pass\n", "-ERR [AUTH] \"pass\" is wrong", "(withheld, the password is in it)" },
        { Client + "U> +OK hi\nU< USER user\nU> +OK\nU< PASS pass\n", "+ok", "+ok" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public async Task A_refusal_is_an_internal_error_unless_its_message_is_passed(string script, string refusal, string logged)
    {
        var quiet = new SessionTranscript { Protocol = "pop3" };
        Assert.Equal(SessionEndReason.UpstreamRejected, await quiet.PlayAsync($"{script}U> {refusal}\nS: -ERR internal server error\nS: <close>\nU< <close>"));
        Assert.Equal([$"Error: upstream sent invalid response: \"{logged}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], quiet.Log);
        var open = new SessionTranscript { Protocol = "pop3", Configure = server => server.Proxy.PassErrorMessage = true };
        Assert.Equal(SessionEndReason.UpstreamRejected, await open.PlayAsync($"{script}U> {refusal}\nS: {refusal}\nS: <close>\nU< <close>"));
        Assert.Equal([$"Information: upstream sent invalid response: \"{logged}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], open.Log);
    }

    [Fact]
    public Task The_auth_servers_login_and_password_are_sent_as_they_are() =>
        new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Accept(" us er%", " p q ")] }
            .PlayAsync(Client + "U> +OK hi\nU< USER  us er%\nU> +OK\nU< PASS  p q \nU> +OK\nS: +OK");

    [Theory]
    [InlineData("user\rDELE 1", "pass")]
    [InlineData("user", "pa\r\nDELE 1")]
    [InlineData("us\0er", "pass")]
    public async Task Line_ends_in_credentials_never_reach_the_upstream(string login, string password)
    {
        var session = new SessionTranscript { Protocol = "pop3", Answers = [FixedAuthenticator.Accept(login, password)] };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(Client + "U< <close>\nS: -ERR internal server error\nS: <close>"));
        Assert.Contains("Error: login or password holds CR, LF or NUL and is not sent to the upstream", session.Log.Lines);
    }

    [Fact]
    public async Task Without_a_password_there_is_no_login()
    {
        var session = new SessionTranscript { Protocol = "pop3", Answers = [new AuthResult { Status = AuthStatus.Accepted, Proof = ProofCheck.AuthServer, Upstream = FixedAuthenticator.Upstream, Login = "user"u8.ToArray() }] };
        await session.PlayAsync(Client + "U< <close>\nS: -ERR internal server error\nS: <close>");
        Assert.Contains("Error: no password available", session.Log.Lines);
    }
}

using System.Text;
using MailProxy.Authentication;

namespace MailProxy.Tests.Authentication;

/// <summary>What a peer says of a login is logged without the secret, and without what would tell a part of it.</summary>
public sealed class CredentialsTests
{
    private const string Withheld = "(withheld, the password is in it)";

    [Theory]
    [InlineData("p", "NO com\u0070leted", Withheld)]
    [InlineData("pass", "NO no pass here", Withheld)]
    [InlineData("Pass", "NO LOGIN FRED PASS", Withheld)]
    [InlineData("b\u00fc", "NO b\u00fc", Withheld)]
    [InlineData("hunter2", "502 AUTH PLAIN AGZyZWQAaHVudGVyMg==", Withheld)]
    [InlineData("hunter2", "502 AUTH PLAIN AGZyZWQAaHVudGVyMg", Withheld)]
    [InlineData("hunter2", "502 AUTH PLAIN AGZyZWQAaHVu...", Withheld)]
    [InlineData("hunter2", "502 aHVudGVyMg== is no command", Withheld)]
    [InlineData("hunter2", "502 AUTH PLAIN AGZyZWQA", "502 AUTH PLAIN AGZyZWQA")]
    [InlineData("hunter2", "NO [UNAVAILABLE] hunter is away", "NO [UNAVAILABLE] hunter is away")]
    [InlineData("", "NO no password", "NO no password")]
    public void A_text_that_repeats_the_secret_is_left_out_whole(string secret, string text, string logged) =>
        Assert.Equal(logged, Attempts.Text(new Credentials(AuthMethod.Plain, Attempts.Bytes("fred"), Attempts.Bytes(secret)).Redact(Encoding.Latin1.GetBytes(text))));
}

using System.Text;
using MailProxy.Authentication;
using MailProxy.UserDirectory.Logins;

namespace MailProxy.Tests.UserDirectory.Logins;

public sealed class LoginDeciderTests : IAsyncDisposable
{
    private static readonly LoginCertificate Certificate = new("emailAddress=cert@example.org,CN=nopass@example.org,O=Ex Ample\\, CN=fred", null);
    private readonly LoginUsers _users = new();

    public ValueTask DisposeAsync() => _users.DisposeAsync();

    [Theory]
    [InlineData("fred", LoginUsers.Secret, (int)LoginVerdict.Accepted)]
    [InlineData("fred", "wrong", (int)LoginVerdict.WrongPassword)]
    [InlineData("nobody", LoginUsers.Secret, (int)LoginVerdict.WrongPassword)]
    [InlineData("", "", (int)LoginVerdict.WrongPassword)]
    public async Task A_password_is_good_or_wrong(string login, string secret, int verdict) =>
        Assert.Equal((LoginVerdict)verdict, (await DecideAsync(LoginUsers.Facts(login, secret))).Verdict);

    [Fact]
    public async Task A_user_may_have_another_name_and_password_at_the_upstream()
    {
        var decision = await DecideAsync(LoginUsers.Facts("anna@example.org"));
        Assert.Equal("127.0.0.9:143", decision.Upstream!.ToString());
        Assert.Equal("anna%bü", Encoding.UTF8.GetString(decision.Login!));
        Assert.Equal("m4ster", Encoding.UTF8.GetString(decision.Password!));
    }

    [Fact]
    public async Task Users_who_cannot_be_asked_are_a_temporary_failure_and_no_wrong_password()
    {
        _users.PutInForce(_users.Broken(), _users.Users());
        Assert.Equal(LoginVerdict.Unavailable, (await DecideAsync(LoginUsers.Facts("fred", "wrong"))).Verdict);
        Assert.NotEmpty(_users.Log.Errors);
    }

    [Theory]
    [InlineData("cert@example.org", (int)LoginVerdict.Accepted)]
    [InlineData("CERT@example.org", (int)LoginVerdict.Accepted)]
    [InlineData("fred", (int)LoginVerdict.WrongPassword)]
    [InlineData("anna@example.org", (int)LoginVerdict.WrongPassword)]
    public async Task External_lets_in_whom_the_certificate_names(string login, int verdict) =>
        Assert.Equal((LoginVerdict)verdict, (await DecideAsync(LoginUsers.Facts(login, "", AuthMethod.External, certificate: Certificate))).Verdict);

    [Fact]
    public async Task External_without_a_login_is_the_certificates_first_name()
    {
        var decision = await DecideAsync(LoginUsers.Facts("", "", AuthMethod.External, certificate: Certificate));
        Assert.Equal((LoginVerdict.Accepted, "cert@example.org"), (decision.Verdict, Encoding.UTF8.GetString(decision.Login!)));
    }

    [Fact]
    public async Task External_without_a_good_certificate_is_refused()
    {
        Assert.Equal(LoginVerdict.WrongPassword, (await DecideAsync(LoginUsers.Facts("cert@example.org", "", AuthMethod.External))).Verdict);
        Assert.Equal(LoginVerdict.WrongPassword, (await DecideAsync(LoginUsers.Facts("", "", AuthMethod.External))).Verdict);
    }

    [Fact]
    public async Task Without_a_password_for_the_upstream_only_smtp_goes_on()
    {
        Assert.Equal(LoginVerdict.Unavailable, (await DecideAsync(LoginUsers.Facts("nopass@example.org", "", AuthMethod.External, certificate: Certificate))).Verdict);
        Assert.Contains("set \"pass=\"", Assert.Single(_users.Log.Errors).Text, StringComparison.Ordinal);
        Assert.Equal(LoginVerdict.Accepted, (await DecideAsync(LoginUsers.Facts("nopass@example.org", "", AuthMethod.External, "smtp", Certificate))).Verdict);
    }

    [Theory]
    [InlineData("RCPT TO:<anna@example.org> NOTIFY=NEVER", (int)LoginVerdict.Accepted)]
    [InlineData("RCPT TO:<other@example.org>", (int)LoginVerdict.UnknownRecipient)]
    [InlineData("RCPT TO:<>", (int)LoginVerdict.InvalidRecipient)]
    [InlineData("RCPT TO:<a", (int)LoginVerdict.InvalidRecipient)]
    public async Task Without_authentication_the_recipient_is_looked_up(string command, int verdict)
    {
        var decision = await DecideAsync(LoginUsers.Facts("", "", AuthMethod.None, "smtp", recipient: command));
        Assert.Equal((LoginVerdict)verdict, decision.Verdict);
        Assert.Null(decision.Login);
        Assert.Null(decision.Password);
    }

    [Theory]
    [InlineData("CN=client one,O=Ex Ample\\, Inc", "CN=client one|O=Ex Ample, Inc")]
    [InlineData("CN=a+emailAddress=b@c,DC=x", "CN=a|emailAddress=b@c|DC=x")]
    [InlineData("CN=j\\C3\\B6rg\\=\\+\\\\", "CN=jörg=+\\")]
    [InlineData("CN=a\\,CN\\=root", "CN=a,CN=root")]
    [InlineData("CN=", "CN=")]
    [InlineData("nonsense", "")]
    [InlineData("", "")]
    public void A_subject_is_read_with_its_escapes(string subject, string attributes) =>
        Assert.Equal(attributes, string.Join('|', LoginCertificate.ReadSubject(subject).Select(attribute => $"{attribute.Type}={attribute.Value}")));

    private async Task<LoginDecision> DecideAsync(LoginFacts facts) =>
        await _users.Decider.DecideAsync(facts, _users.Log, CancellationToken.None).AsTask().WaitAsync(Authentication.Attempts.Deadline);
}

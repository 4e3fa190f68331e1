using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Passwords;

namespace MailProxy.FunctionalTests.Directories;

/// <summary>Every scheme that the installed Dovecot has, as it makes it just now.</summary>
[Trait("Beyond", "nginx")]
public sealed class PasswordSchemeTests
{
    private const string User = "alice@example.org";
    private const string Password = "sécret 1";

    [Theory]
    [InlineData("")]
    [InlineData(".b64")]
    [InlineData(".BASE64")]
    [InlineData(".hex")]
    public async Task What_doveadm_makes_is_its_password_and_no_other(string suffix)
    {
        var schemes = (await ChildProcess.RunAsync("doveadm", "pw", "-l")).Succeeded.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(schemes.Length >= 31, string.Join(' ', schemes));
        foreach (var scheme in schemes)
        {
            var stored = (await ChildProcess.RunAsync("doveadm", "pw", "-s", scheme + suffix, "-u", User, "-p", Password)).Succeeded.Trim();
            // Dovecot makes what it does not read: the length is missing.
            if (scheme == "PLAIN-TRUNC") Assert.Throws<PassdbException>(() => Matches(stored, Password));
            else Assert.True(Matches(stored, Password) && !Matches(stored, "secret 1") && !Matches(stored, "x" + Password) && !Matches(stored, ""), stored);
        }
    }

    private static bool Matches(string stored, string password) => StoredPassword.Parse(stored).Matches(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(User));
}

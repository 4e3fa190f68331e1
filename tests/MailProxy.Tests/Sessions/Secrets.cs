using System.Text;
using System.Text.RegularExpressions;
using MailProxy.Authentication;

namespace MailProxy.Tests.Sessions;

/// <summary>Looks for passwords where none may be.</summary>
internal static class Secrets
{
    /// <summary>The password of transcripts in which it never gets as far as the authenticator.</summary>
    public const string Password = "hunter2";

    /// <summary>The same as SASL carries it: PLAIN of user and password.</summary>
    public const string Plain = "AHVzZXIAaHVudGVyMg==";

    // What is shorter is found in any text.
    private const int Shortest = 4;

    public static void AssertNoneIn(IReadOnlyList<string> lines, IEnumerable<AuthRequest> requests, IEnumerable<AuthResult> answers)
    {
        var known = requests.Select(request => request.Credentials).Concat(answers.Select(answer => answer.UpstreamCredentials).OfType<Credentials>())
            .Append(new Credentials(AuthMethod.Plain, "user"u8.ToArray(), Encoding.ASCII.GetBytes(Password)));
        foreach (var credentials in known.Where(credentials => credentials.Secret.Length >= Shortest))
        {
            var plain = Convert.ToBase64String([0, .. credentials.Login, 0, .. credentials.Secret]).TrimEnd('=');
            var response = Convert.ToBase64String(credentials.Secret).TrimEnd('=');
            var secret = $@"\b{Regex.Escape(Encoding.Latin1.GetString(credentials.Secret))}\b|{Regex.Escape(plain)}|{Regex.Escape(response)}";
            Assert.DoesNotContain(lines, line => Regex.IsMatch(line, secret));
        }
    }
}

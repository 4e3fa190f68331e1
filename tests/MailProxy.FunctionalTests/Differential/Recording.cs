using System.Text;
using System.Text.RegularExpressions;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>What one proxy did in one scenario, in a form that can be compared.</summary>
/// <param name="Client">Bytes that the client received, and whether the proxy ended the connection.</param>
/// <param name="Auth">The requests to the auth server.</param>
/// <param name="Upstream">Bytes that the upstream received, and whether the proxy ended the connection.</param>
/// <param name="Mismatches">Where it did not do what the transcript says.</param>
internal sealed partial record Recording(string Client, string Auth, string Upstream, IReadOnlyList<string> Mismatches)
{
    public static readonly string[] Streams = ["client", "auth", "upstream"];

    /// <summary>The streams in which two recordings differ.</summary>
    public IEnumerable<string> DifferingFrom(Recording other)
    {
        if (Client != other.Client) yield return "client";
        if (Auth != other.Auth) yield return "auth";
        if (Upstream != other.Upstream) yield return "upstream";
    }

    public override string ToString() =>
        $"client received:\n{Indent(Client)}auth server received:\n{Indent(Auth)}upstream received:\n{Indent(Upstream)}";

    /// <summary>Takes out what is random: the challenge, also inside base64.</summary>
    public static string WithoutChallenges(string text)
    {
        text = Prompt().Replace(text, match =>
        {
            var decoded = Decode(match.Groups[2].Value);
            return Challenge().IsMatch(decoded) ? $"{match.Groups[1].Value}base64({decoded})" : match.Value;
        });
        return Challenge().Replace(text, "<challenge@$1>");
    }

    /// <summary>Takes out what nginx says without a tag or a code where MailProxy says it with them.</summary>
    public static string WithoutInternalErrors(string text) => InternalError().Replace(text, "<internal server error>");

    private static string Decode(string base64)
    {
        try
        {
            return Encoding.Latin1.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            return "";
        }
    }

    private static string Indent(string text)
    {
        var lines = text.TrimEnd('\n').Split('\n').Select(line => "    " + Testing.Transcript.Printable(line.EndsWith('\r') ? line[..^1] : line + "\\c"));
        return string.Join('\n', lines) + "\n";
    }

    [GeneratedRegex(@"(?<=^|\n)(\+ |334 )([A-Za-z0-9+/]+=*)(?=\r\n)")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"(?<=^|\n)(\* BAD|[^ ]+ NO \[UNAVAILABLE\]|-ERR( \[SYS/TEMP\])?) internal server error(?=\r\n)")]
    private static partial Regex InternalError();

    [GeneratedRegex(@"<\d+\.\d+@([^>]*)>")]
    private static partial Regex Challenge();
}

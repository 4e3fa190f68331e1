using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MailProxy.UserDirectory.Logins;

/// <summary>A client's certificate, which a CA that is trusted has signed: whom it lets log in by EXTERNAL.</summary>
/// <param name="Subject">Its subject as RFC 2253 writes it.</param>
/// <param name="Pem">The certificate itself; null where only its subject is known.</param>
internal sealed record LoginCertificate(string Subject, string? Pem)
{
    /// <summary>Its mailboxes, of the subject and of the alternative names, and its common names. The first is the login of a client that names none.</summary>
    public IReadOnlyList<string> ReadLogins()
    {
        var subject = ReadSubject(Subject);
        var mailboxes = Values(subject, "emailAddress", "1.2.840.113549.1.9.1", "E");
        return [.. ReadAlternativeMailbox(), .. mailboxes, .. Values(subject, "CN", "2.5.4.3")];
    }

    /// <summary>The attributes of a distinguished name with their values, escapes undone.</summary>
    internal static List<(string Type, string Value)> ReadSubject(string subject)
    {
        var attributes = new List<(string, string)>();
        var text = new List<byte>();
        string? type = null;
        for (var i = 0; i < subject.Length; i++)
        {
            var letter = subject[i];
            if (letter == '\\' && i + 1 < subject.Length)
            {
                var isHex = i + 2 < subject.Length && char.IsAsciiHexDigit(subject[i + 1]) && char.IsAsciiHexDigit(subject[i + 2]);
                if (isHex) text.Add(Convert.FromHexString(subject.AsSpan(i + 1, 2))[0]);
                else text.AddRange(Encoding.UTF8.GetBytes(subject[i + 1].ToString()));
                i += isHex ? 2 : 1;
            }
            else if (letter == '=' && type is null)
            {
                type = Take(text).Trim();
            }
            else if (letter is ',' or '+')
            {
                if (type is not null) attributes.Add((type, Take(text)));
                (type, _) = (null, Take(text));
            }
            else
            {
                text.AddRange(Encoding.UTF8.GetBytes(subject[i].ToString()));
            }
        }

        if (type is not null) attributes.Add((type, Take(text)));
        return attributes;
    }

    private static string Take(List<byte> text)
    {
        var taken = Encoding.UTF8.GetString([.. text]);
        text.Clear();
        return taken;
    }

    private static IEnumerable<string> Values(List<(string Type, string Value)> subject, params string[] types) =>
        subject.Where(attribute => attribute.Value.Length > 0 && types.Contains(attribute.Type, StringComparer.OrdinalIgnoreCase)).Select(attribute => attribute.Value);

    private List<string> ReadAlternativeMailbox()
    {
        if (Pem is null) return [];
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Pem);
            return certificate.GetNameInfo(X509NameType.EmailName, forIssuer: false) is { Length: > 0 } mailbox ? [mailbox] : [];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }
}

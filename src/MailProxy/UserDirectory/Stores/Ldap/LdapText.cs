using System.Globalization;
using System.Text;

namespace MailProxy.UserDirectory.Stores.Ldap;

/// <summary>Puts a login into a search filter or the name of an entry, so that it can be nothing but a value there.</summary>
internal static class LdapText
{
    /// <summary>A filter with the login in it, escaped by RFC 4515.</summary>
    public static string Filter(string template, string login) => Expand(template, login, EscapeFilter);

    /// <summary>The name of an entry with the login in it, escaped by RFC 4514.</summary>
    public static string Dn(string template, string login) => Expand(template, login, EscapeDn);

    public static string EscapeFilter(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var character in value)
        {
            if (character is '*' or '(' or ')' or '\\' or '\0') text.Append(CultureInfo.InvariantCulture, $"\\{(int)character:x2}");
            else text.Append(character);
        }

        return text.ToString();
    }

    public static string EscapeDn(string value)
    {
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var character = value[i];
            var isSpecial = character is '"' or '+' or ',' or ';' or '<' or '>' or '\\' or '=';
            var isAtEdge = (character == ' ' && (i == 0 || i == value.Length - 1)) || (character == '#' && i == 0);
            if (character == '\0') text.Append("\\00");
            else if (isSpecial || isAtEdge) text.Append('\\').Append(character);
            else text.Append(character);
        }

        return text.ToString();
    }

    /// <summary>Dovecot's <c>%u</c> (the login), <c>%n</c> (what stands before its <c>@</c>), <c>%d</c> (what stands behind it) and <c>%%</c>.</summary>
    private static string Expand(string template, string login, Func<string, string> escape)
    {
        var at = login.IndexOf('@', StringComparison.Ordinal);
        var text = new StringBuilder(template.Length + login.Length);
        for (var i = 0; i < template.Length; i++)
        {
            var variable = template[i] == '%' && i + 1 < template.Length ? template[i + 1] : '\0';
            var value = variable switch
            {
                'u' => escape(login),
                'n' => escape(at < 0 ? login : login[..at]),
                'd' => escape(at < 0 ? "" : login[(at + 1)..]),
                '%' => "%",
                _ => null,
            };
            if (value is not null) i++;
            text.Append(value ?? template[i].ToString());
        }

        return text.ToString();
    }
}

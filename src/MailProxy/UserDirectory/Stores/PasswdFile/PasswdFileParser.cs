using System.Text;
using System.Text.Unicode;
using MailProxy.UserDirectory.Passwords;

namespace MailProxy.UserDirectory.Stores.PasswdFile;

/// <summary>Dovecot's passwd-file: <c>user:password:uid:gid:gecos:home:shell:extra fields</c>, of which all but the user may be missing.</summary>
internal static class PasswdFileParser
{
    private const int ExtraFields = 7;

    /// <summary>The login of a line; empty where it has no user: an empty line, a comment.</summary>
    public static ReadOnlySpan<byte> LoginOf(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] == (byte)'#') return [];
        var end = line.IndexOf((byte)':');
        return end < 0 ? line : line[..end];
    }

    /// <summary>Says what is wrong with a line, but for a password that is none of its scheme: there may be many lines.</summary>
    /// <param name="line">The line.</param>
    /// <param name="defaultScheme">The scheme that the directive names; may be empty.</param>
    /// <returns>What is wrong, without any part of the line; null where nothing is.</returns>
    public static string? FindFault(ReadOnlySpan<byte> line, string defaultScheme)
    {
        try
        {
            // Only these extra fields can be wrong.
            if (!Utf8.IsValid(line) || line.IndexOf("port="u8) >= 0 || line.IndexOf("allow_nets="u8) >= 0) Parse(line, defaultScheme);
            else if (PasswordOf(line) is { Length: > 0 } password) StoredPassword.FindScheme(password, defaultScheme, PasswordScheme.Crypt, out _, out _);
            return null;
        }
        catch (PassdbException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>The user of a line.</summary>
    /// <exception cref="PassdbException">It makes no sense.</exception>
    public static PassdbUser Parse(ReadOnlySpan<byte> line, string defaultScheme)
    {
        if (!Utf8.IsValid(line)) throw new PassdbException("not UTF-8");
        var fields = Encoding.UTF8.GetString(line).Split(':', ExtraFields + 1);
        var password = fields.ElementAtOrDefault(1) ?? "";
        if (password.Length > 0) StoredPassword.Parse(password, defaultScheme);
        var extra = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var word in (fields.ElementAtOrDefault(ExtraFields) ?? "").Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            extra.TryAdd(equals < 0 ? word : word[..equals], equals < 0 ? "yes" : word[(equals + 1)..]);
        }

        return FromFields(password, name => extra.GetValueOrDefault(name));
    }

    /// <summary>A user of fields by Dovecot's names.</summary>
    /// <exception cref="PassdbException">One of them makes no sense.</exception>
    public static PassdbUser FromFields(string? password, Func<string, string?> field)
    {
        if (field("port") is { Length: > 0 } port) UserDestination.ReadPort(port);
        return new PassdbUser
        {
            Password = password,
            NoPassword = field("nopassword")?.ToLowerInvariant() is "y" or "yes" or "t" or "true" or "1",
            AllowNets = AllowedNets.Parse(field("allow_nets")),
            Upstream = field("upstream"),
            Host = field("host"),
            Port = field("port"),
            User = field("user") ?? field("destuser"),
            Pass = field("pass"),
        };
    }

    private static string PasswordOf(ReadOnlySpan<byte> line)
    {
        var start = line.IndexOf((byte)':') + 1;
        if (start == 0) return "";
        var end = line[start..].IndexOf((byte)':');
        return Encoding.UTF8.GetString(end < 0 ? line[start..] : line.Slice(start, end));
    }
}

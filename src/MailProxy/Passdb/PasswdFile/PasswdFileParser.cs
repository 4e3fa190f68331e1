using System.Text;
using MailProxy.Passdb.Schemes;

namespace MailProxy.Passdb.PasswdFile;

/// <summary>Dovecot's passwd-file: <c>user:password:uid:gid:gecos:home:shell:extra fields</c>, of which all but the user may be missing.</summary>
internal static class PasswdFileParser
{
    private const int ExtraFields = 7;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="content">The file.</param>
    /// <param name="defaultScheme">The scheme of passwords that name none.</param>
    /// <param name="broken">Takes the number of each line that is ignored, and why; no part of the line.</param>
    /// <returns>The users by login, whatever its case.</returns>
    public static Dictionary<string, PassdbUser> Parse(ReadOnlySpan<byte> content, string defaultScheme, Action<int, string> broken)
    {
        var users = new Dictionary<string, PassdbUser>(StringComparer.OrdinalIgnoreCase);
        var number = 0;
        foreach (var range in content.Split((byte)'\n'))
        {
            number++;
            var line = content[range].TrimEnd((byte)'\r');
            if (line.IsEmpty || line[0] is (byte)'#' or (byte)':') continue;
            try
            {
                var text = StrictUtf8.GetString(line);
                var login = text.Split(':', 2)[0];
                if (!users.TryAdd(login, ParseUser(text, defaultScheme))) broken(number, "the user stands there already");
            }
            catch (DecoderFallbackException)
            {
                broken(number, "not UTF-8");
            }
            catch (PassdbException exception)
            {
                broken(number, exception.Message);
            }
        }

        return users;
    }

    private static PassdbUser ParseUser(string line, string defaultScheme)
    {
        var fields = line.Split(':', ExtraFields + 1);
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
}

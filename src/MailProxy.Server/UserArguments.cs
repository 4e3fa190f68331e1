using MailProxy.Configuration.Grammar;
using MailProxy.UserDirectory.Passwords;

namespace MailProxy.Server;

/// <summary>What stands behind <c>mailproxy user</c>.</summary>
internal sealed class UserArguments
{
    private static readonly string[] Commands = ["add", "passwd", "del", "list"];

    public string Command { get; private set; } = "";

    public bool ShowHelp { get; private set; }

    public string Login { get; private set; } = "";

    /// <summary>The file; null for that of the configuration's first <c>passdb sqlite</c>.</summary>
    public string? Database { get; private set; }

    public string? ConfFile { get; private set; }

    public string Prefix { get; private set; } = CommandLine.DefaultPrefix;

    public string? Upstream { get; private set; }

    public string? Host { get; private set; }

    public string? Port { get; private set; }

    public string? User { get; private set; }

    public string Scheme { get; private set; } = NewPassword.DefaultScheme;

    public string PrefixPath => Path.GetFullPath(Prefix);

    public string ConfPath => Path.GetFullPath(ConfFile ?? CommandLine.DefaultConfFile, PrefixPath);

    /// <exception cref="FormatException">They make no sense.</exception>
    public static UserArguments Parse(IReadOnlyList<string> arguments)
    {
        var result = new UserArguments();
        var words = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is "-h" or "-?" or "--help") result.ShowHelp = true;
            else if (arguments[i].StartsWith('-')) result.TakeOption(arguments, ref i);
            else words.Add(arguments[i]);
        }

        if (result.ShowHelp) return result;
        result.TakeWords(words);
        return result;
    }

    private void TakeOption(IReadOnlyList<string> arguments, ref int index)
    {
        var argument = arguments[index];
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? argument : argument[..equals];
        var value = equals >= 0 ? argument[(equals + 1)..] : index + 1 < arguments.Count ? arguments[++index] : "";
        if (value.Length == 0) throw new FormatException($"option \"{name}\" requires a value");
        switch (name)
        {
            case "-c": ConfFile = value; break;
            case "-p": Prefix = value; break;
            case "--db": Database = Path.GetFullPath(value); break;
            case "--upstream": Upstream = OneLine(name, value); break;
            case "--host": Host = OneLine(name, value); break;
            case "--port": Port = Number.Parse(value) is > 0 and <= 65535 ? value : throw new FormatException($"invalid port \"{value}\""); break;
            case "--user": User = OneLine(name, value); break;
            case "--scheme":
                Scheme = NewPassword.Schemes.FirstOrDefault(scheme => scheme.Equals(value, StringComparison.OrdinalIgnoreCase))
                    ?? throw new FormatException($"unknown password scheme \"{value}\", it must be one of {string.Join(", ", NewPassword.Schemes)}");
                break;
            default: throw new FormatException($"invalid option: \"{name}\"");
        }
    }

    private void TakeWords(List<string> words)
    {
        if (words.Count == 0) throw new FormatException($"\"user\" requires one of {string.Join(", ", Commands)}");
        Command = words[0];
        if (!Commands.Contains(Command)) throw new FormatException($"unknown command \"user {Command}\"");
        var isList = Command == "list";
        if (isList != (words.Count == 1)) throw new FormatException(isList ? "\"user list\" takes no login" : $"\"user {Command}\" requires a login");
        if (words.Count > 2) throw new FormatException("a password is read from the terminal or from standard input, never from the command line");
        if (!isList) Login = OneLine("login", words[1]);
        if (Port is not null && Host is null) throw new FormatException("option \"--port\" requires \"--host\"");
        if (Command != "add" && (Upstream ?? Host ?? User) is not null) throw new FormatException($"\"user {Command}\" takes no --upstream, --host, --port or --user");
    }

    private static string OneLine(string name, string value) =>
        value.Any(char.IsControl) ? throw new FormatException($"invalid value of \"{name}\": it has control characters") : value;
}

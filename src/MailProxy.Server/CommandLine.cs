namespace MailProxy.Server;

/// <summary>The command line: nginx's options, which may be joined (<c>-tq</c>) and may have their value attached (<c>-cfile</c>).</summary>
internal sealed class CommandLine
{
    public const string DefaultPrefix = "/etc/mailproxy/";
    public const string DefaultConfFile = "mailproxy.conf";

    public bool ShowVersion { get; private set; }

    public bool ShowBuild { get; private set; }

    public bool ShowHelp { get; private set; }

    public bool Test { get; private set; }

    public bool Dump { get; private set; }

    public bool Quiet { get; private set; }

    public string Prefix { get; private set; } = DefaultPrefix;

    /// <summary>The configuration file as given; null stands for the default one.</summary>
    public string? ConfFile { get; private set; }

    /// <summary>The log until the configuration is read; null for stderr.</summary>
    public string? ErrorLog { get; private set; }

    public string? GlobalDirectives { get; private set; }

    public ProcessSignal? Signal { get; private set; }

    /// <summary>The full path of the prefix.</summary>
    public string PrefixPath => Path.GetFullPath(Prefix);

    /// <summary>The full path of the configuration file.</summary>
    public string ConfPath => Path.GetFullPath(ConfFile ?? DefaultConfFile, PrefixPath);

    /// <summary>The full path of the file that <c>-e</c> names; null for stderr.</summary>
    public string? ErrorLogPath => ErrorLog is null or "stderr" ? null : Path.GetFullPath(ErrorLog, PrefixPath);

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="FormatException">They make no sense; the message is nginx's.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var result = new CommandLine();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument is "--help") argument = "-h";
            if (!argument.StartsWith('-') || argument.Length == 1) throw new FormatException($"invalid option: \"{argument}\"");
            result.TakeLetters(argument, arguments, ref i);
        }

        return result;
    }

    private void TakeLetters(string argument, IReadOnlyList<string> arguments, ref int index)
    {
        for (var at = 1; at < argument.Length; at++)
        {
            if (TakeFlag(argument[at])) continue;
            var attached = argument[(at + 1)..];
            var value = attached.Length > 0 ? attached : index + 1 < arguments.Count ? arguments[++index] : null;
            TakeValue(argument[at], value);
            return;
        }
    }

    private bool TakeFlag(char letter)
    {
        switch (letter)
        {
            case '?' or 'h': ShowVersion = ShowHelp = true; return true;
            case 'v': ShowVersion = true; return true;
            case 'V': ShowVersion = ShowBuild = true; return true;
            case 't': Test = true; return true;
            case 'T': Test = Dump = true; return true;
            case 'q': Quiet = true; return true;
            default: return false;
        }
    }

    private void TakeValue(char letter, string? value)
    {
        switch (letter)
        {
            case 'c': ConfFile = Require(letter, "file name", value); break;
            case 'p': Prefix = Require(letter, "directory name", value); break;
            case 'e': ErrorLog = Require(letter, "file name", value); break;
            case 's': Signal = ParseSignal(Require(letter, "parameter", value)); break;
            // Scripts give an empty one where they have nothing to say.
            case 'g': GlobalDirectives = value == "" ? null : Require(letter, "parameter", value); break;
            default: throw new FormatException($"invalid option: \"{letter}\"");
        }
    }

    private static string Require(char letter, string what, string? value) =>
        !string.IsNullOrEmpty(value) ? value : throw new FormatException($"option \"-{letter}\" requires {what}");

    private static ProcessSignal ParseSignal(string word) => word switch
    {
        "stop" => ProcessSignal.Interrupt,          // nginx's fast stop
        "quit" => ProcessSignal.Quit,
        "reopen" => ProcessSignal.Reopen,
        "reload" => ProcessSignal.Reload,
        _ => throw new FormatException($"invalid option: \"-s {word}\""),
    };
}

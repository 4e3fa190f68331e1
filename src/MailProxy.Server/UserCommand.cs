using MailProxy.Configuration;
using MailProxy.Loading;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Passwords;
using MailProxy.UserDirectory.Stores;
using MailProxy.UserDirectory.Stores.Sqlite;

namespace MailProxy.Server;

/// <summary><c>mailproxy user</c>: keeps the users of <c>passdb sqlite</c>.</summary>
internal sealed class UserCommand(IPasswordSource passwords, TextWriter output, TextWriter error)
{
    /// <summary>Exit codes: done, not done, not understood.</summary>
    public const int Done = 0, Failed = 1, Misused = 2;

    public static string Usage { get; } = $"""
        Usage: mailproxy user add LOGIN [--upstream=GROUP] [--host=HOST [--port=PORT]] [--user=LOGIN] [--scheme=SCHEME]
               mailproxy user passwd LOGIN [--scheme=SCHEME]
               mailproxy user del LOGIN
               mailproxy user list

        Keeps the users of "passdb sqlite". Passwords are asked for twice on a terminal; otherwise the first line of
        standard input is the password.

        Options:
          -c FILE          : configuration file, whose first "passdb sqlite" names the database (default: {CommandLine.DefaultConfFile} in the prefix)
          -p PREFIX        : prefix path (default: {CommandLine.DefaultPrefix})
          --db PATH        : the database itself, without a configuration; made where it is not there
          --upstream=GROUP : the upstream group of the user's mail, or HOST:PORT
          --host=HOST      : the mail server; --port=PORT its port (default: that of the protocol)
          --user=LOGIN     : the login there (default: as the client says it)
          --scheme=SCHEME  : how the password is stored: {string.Join(", ", NewPassword.Schemes)} (default: {NewPassword.DefaultScheme};
                             APOP and CRAM-MD5 need PLAIN)

        Exit codes: {Done} done, {Failed} not done, {Misused} wrong usage.
        """;

    /// <summary>Runs it on the process's own terminal.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments) => new UserCommand(new ConsolePassword(), Console.Out, Console.Error).RunArguments(arguments);

    /// <param name="arguments">What stands behind <c>mailproxy user</c>.</param>
    /// <returns>The exit code.</returns>
    public int RunArguments(IReadOnlyList<string> arguments)
    {
        try
        {
            var parsed = UserArguments.Parse(arguments);
            if (!parsed.ShowHelp) return Run(parsed);
            output.WriteLine(Usage);
            return Done;
        }
        catch (FormatException exception)
        {
            error.WriteLine($"mailproxy: {exception.Message}, see mailproxy user --help");
            return Misused;
        }
        catch (PassdbException exception)
        {
            return Fail(exception.Message);
        }
    }

    private int Run(UserArguments arguments)
    {
        if ((arguments.Database ?? FindDatabase(arguments)) is not { } path) return Failed;
        var users = new SqliteUsers(path);
        if (arguments.Command == "add" || File.Exists(path)) users.Create();
        var login = arguments.Login;
        switch (arguments.Command)
        {
            case "list":
                foreach (var user in users.List()) output.WriteLine(Describe(user));
                return Done;
            case "del":
                return users.Delete(login) ? Done : Fail($"user \"{login}\" does not exist");
            case "passwd" when users.Find(login) is null:
                return Fail($"user \"{login}\" does not exist");
            case "add" when users.Find(login) is not null:
                return Fail($"user \"{login}\" exists already");
        }

        if (passwords.Read() is not { } secret) return Fail(passwords.Complaint);
        var password = NewPassword.Create(arguments.Scheme, secret);
        if (arguments.Command == "passwd") return users.SetPassword(login, password) ? Done : Fail($"user \"{login}\" does not exist");
        var added = new SqliteUser(login) { Password = password, Upstream = arguments.Upstream, Host = arguments.Host, Port = arguments.Port, UpstreamLogin = arguments.User };
        return users.Add(added) ? Done : Fail($"user \"{login}\" exists already");
    }

    /// <summary>That of the first <c>passdb sqlite</c>; null with a message.</summary>
    private string? FindDatabase(UserArguments arguments)
    {
        var overlay = new ConfigurationBuilder().AddJsonFile(Path.Combine(arguments.PrefixPath, "appsettings.json"), optional: true).AddEnvironmentVariables().Build();
        var result = ConfigurationLoader.Load(new ConfigurationRequest(arguments.ConfPath, arguments.PrefixPath, null, overlay));
        if (result.Options is { } options)
        {
            if (options.Passdb.FirstOrDefault(passdb => passdb.Driver == "sqlite") is { } passdb) return passdb.Path;
            Fail($"no \"passdb sqlite\" in {arguments.ConfPath}, name the database by --db");
            return null;
        }

        foreach (var message in result.Messages.Where(message => message.Level == ErrorLogLevel.Emerg)) Fail(message.Text);
        return null;
    }

    private int Fail(string text)
    {
        error.WriteLine($"mailproxy: {text}");
        return Failed;
    }

    private static string Describe(SqliteUser user)
    {
        (string Name, string? Value)[] fields = [("upstream", user.Upstream), ("host", user.Host), ("port", user.Port), ("user", user.UpstreamLogin)];
        return string.Join(' ', fields.Where(field => field.Value is not null).Select(field => $"{field.Name}={field.Value}").Prepend(user.Login));
    }
}

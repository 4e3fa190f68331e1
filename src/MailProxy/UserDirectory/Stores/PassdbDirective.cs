using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.UserDirectory.Passwords;
using MailProxy.UserDirectory.Stores.Ldap;
using MailProxy.UserDirectory.Stores.Pgsql;
using Npgsql;

namespace MailProxy.UserDirectory.Stores;

/// <summary><c>passdb</c>: a driver, what it reads, and parameters. No message shows a value, since it may be a secret.</summary>
internal static class PassdbDirective
{
    /// <summary>How README shows the arguments.</summary>
    public const string Syntax = "sqlite file | passwd-file file | pgsql connection query= | ldap uri base= filter= | ldap uri dn= | static [parameter=value ...]";

    private const string FilePrefix = "file:";

    private static readonly string[] Everywhere = ["upstream", "host", "port"];

    /// <summary>What each driver's second word is, and the parameters that it has.</summary>
    private static readonly Dictionary<string, (string? Target, string[] Parameters)> Drivers = new(StringComparer.Ordinal)
    {
        ["sqlite"] = (nameof(PassdbOptions.Path), []),
        ["passwd-file"] = (nameof(PassdbOptions.Path), ["scheme"]),
        ["pgsql"] = (nameof(PassdbOptions.Connection), ["query", "scheme"]),
        ["ldap"] = (nameof(PassdbOptions.Uri), ["base", "filter", "dn", "bind_dn", "bind_password", "starttls", "verify", "ca", "upstream_attr", "host_attr", "port_attr", "user_attr"]),
        ["static"] = (null, ["password"]),
    };

    public static void Apply(DirectiveCall call)
    {
        var driver = call.Arguments[0];
        if (!Drivers.TryGetValue(driver, out var known))
        {
            call.Report.Error($"unknown passdb driver \"{driver}\"");
            return;
        }

        var words = known.Target is null ? 1 : 2;
        if (call.Arguments.Count < words)
        {
            call.Report.Error("invalid number of arguments in \"passdb\" directive");
            return;
        }

        var item = new SettingItem(call.Report.Where) { [nameof(PassdbOptions.Driver)] = driver };
        if (known.Target is { } target) item[target] = call.Arguments[1];
        if (call.Arguments.Skip(words).All(word => AddParameter(word, driver, known.Parameters, item, call.Report))) Add(call.Setting, item, call.Context, call.Report);
    }

    /// <summary>Checks an item, and puts whole names and what secret files hold into it.</summary>
    public static void Add(Setting setting, SettingItem item, LoadContext context, Report report)
    {
        var driver = item.GetValueOrDefault(nameof(PassdbOptions.Driver), "");
        if (!Drivers.TryGetValue(driver, out var known))
        {
            report.Error($"unknown passdb driver \"{driver}\"");
            return;
        }

        string?[] allowed = [nameof(PassdbOptions.Driver), nameof(PassdbOptions.Source), known.Target, .. known.Parameters.Concat(Everywhere).Select(Property)];
        foreach (var name in item.Keys.Where(name => !allowed.Contains(name, StringComparer.OrdinalIgnoreCase))) report.Error($"passdb {driver} has no \"{name}\"");
        if (item.Any(pair => !DirectiveValue.IsOneLine(pair.Value) && !pair.Key.Equals(nameof(PassdbOptions.Query), StringComparison.OrdinalIgnoreCase))) report.Error("\"passdb\" directive invalid value");
        if (known.Target is { } target && Value(item, target).Length == 0) report.Error($"passdb {driver} needs a \"{target}\"");
        if (!report.HasFailed) Complete(driver, item, context, report);
        if (report.HasFailed) return;
        item[nameof(PassdbOptions.Source)] = report.Where;
        setting.Items.Add(item);
    }

    private static bool AddParameter(string word, string driver, string[] known, SettingItem item, Report report)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            report.Error($"a parameter of passdb {driver} is not \"name=value\"");
            return false;
        }

        var (name, value) = (word[..equals], word[(equals + 1)..]);
        if (!known.Concat(Everywhere).Contains(name)) report.Error($"invalid parameter \"{name}\" of passdb {driver}");
        else if (value is ['"' or '\'', ..]) report.Error($"quotes must stand around the whole parameter \"{name}=...\"");
        else if (!item.TryAdd(Property(name), value)) report.Error($"duplicate parameter \"{name}\"");
        return !report.HasFailed;
    }

    private static void Complete(string driver, SettingItem item, LoadContext context, Report report)
    {
        foreach (var name in new[] { nameof(PassdbOptions.Path), nameof(PassdbOptions.Ca) })
        {
            if (Value(item, name).Length > 0) item[name] = context.BesideConf(item[name]);
        }

        foreach (var name in new[] { nameof(PassdbOptions.Connection), nameof(PassdbOptions.BindPassword), nameof(PassdbOptions.Password) }) ReadSecret(item, name, context, report);
        if (Value(item, nameof(PassdbOptions.Port)) is { Length: > 0 } port && DirectiveValue.ParseNumber(port) is not (> 0 and <= 65535)) report.Error($"invalid port \"{port}\"");
        if (Value(item, nameof(PassdbOptions.Scheme)) is { Length: > 0 } scheme && !PasswordSchemeName.IsKnown(scheme)) report.Error($"unknown password scheme \"{scheme}\"");
        if (SchemeOf(Value(item, nameof(PassdbOptions.Password))) is { Length: > 0 } own && !PasswordSchemeName.IsKnown(own)) report.Error("unknown password scheme in \"password\"");
        if (report.HasFailed) return;
        if (driver == "pgsql") CheckPgsql(item, report);
        else if (driver == "ldap") LdapParameters.Check(item, report);
    }

    private static void CheckPgsql(SettingItem item, Report report)
    {
        if (Value(item, nameof(PassdbOptions.Query)).Length == 0) report.Error("passdb pgsql needs \"query=\"");
        var connection = Value(item, nameof(PassdbOptions.Connection));
        try
        {
            if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connection).Host)) report.Error("the connection string of passdb pgsql has no \"Host\"");
            // What only shows when it is used: sizes, times and modes that do not go together.
            else PgsqlSource.Create(connection).Dispose();
        }
        catch (Exception exception) when (PgsqlSource.IsFailure(exception))
        {
            report.Error("invalid connection string of passdb pgsql");
        }
    }

    /// <summary>A secret that stands in a file of its own, without the end of its line.</summary>
    private static void ReadSecret(SettingItem item, string name, LoadContext context, Report report)
    {
        if (!Value(item, name).StartsWith(FilePrefix, StringComparison.Ordinal)) return;
        var path = context.BesideConf(item[name][FilePrefix.Length..]);
        try
        {
            item[name] = File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report.Error($"cannot read \"{path}\": {exception.Message}");
        }
    }

    /// <summary>The scheme of a static password, if it names one.</summary>
    private static string SchemeOf(string password)
    {
        var end = password.StartsWith('{') ? password.IndexOf('}', StringComparison.Ordinal) : -1;
        return end > 0 ? password[1..end] : "";
    }

    internal static string Value(SettingItem item, string name) => item.GetValueOrDefault(name, "");

    /// <summary>From <c>bind_dn</c> to <c>BindDn</c>.</summary>
    private static string Property(string parameter) => string.Concat(parameter.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}

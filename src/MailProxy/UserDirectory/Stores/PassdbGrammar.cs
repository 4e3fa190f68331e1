using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.UserDirectory.Passwords;
using MailProxy.UserDirectory.Stores.Ldap;
using MailProxy.UserDirectory.Stores.Pgsql;
using Npgsql;

namespace MailProxy.UserDirectory.Stores;

/// <summary><c>passdb</c>: a driver, what it reads, and parameters. No message shows a value, since it may be a secret.</summary>
internal sealed class PassdbGrammar : ItemGrammar<PassdbOptions>
{

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

    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override string Syntax(ValueAttribute attribute) => "sqlite file | passwd-file file | pgsql connection query= | ldap uri base= filter= | ldap uri dn= | static [parameter=value ...]";

    public override void Read(DirectiveCall call)
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

        var item = new KeyItem { [nameof(PassdbOptions.Driver)] = driver };
        if (known.Target is { } target) item[target] = call.Arguments[1];
        if (call.Arguments.Skip(words).All(word => AddParameter(word, driver, known.Parameters, item, call.Report))) ReadItem(call, item);
    }

    /// <summary>Checks an item, and puts whole names and what secret files hold into it.</summary>
    public override void ReadItem(DirectiveCall call, KeyItem item)
    {
        var (context, report) = (call.Context, call.Report);
        var driver = item.Text(nameof(PassdbOptions.Driver));
        if (!Drivers.TryGetValue(driver, out var known))
        {
            report.Error($"unknown passdb driver \"{driver}\"");
            return;
        }

        string?[] allowed = [nameof(PassdbOptions.Driver), nameof(PassdbOptions.Source), known.Target, .. known.Parameters.Concat(Everywhere).Select(Property)];
        foreach (var name in item.Keys.Where(name => !allowed.Contains(name, StringComparer.OrdinalIgnoreCase))) report.Error($"passdb {driver} has no \"{name}\"");
        if (item.Any(pair => !TextGrammar.IsOneLine(pair.Value) && !pair.Key.Equals(nameof(PassdbOptions.Query), StringComparison.OrdinalIgnoreCase))) report.Error("\"passdb\" directive invalid value");
        if (known.Target is { } target && item.Text(target).Length == 0) report.Error($"passdb {driver} needs a \"{target}\"");
        if (!report.HasFailed) Complete(driver, item, context, report);
        if (report.HasFailed) return;
        var passdb = ItemBinder<PassdbOptions>.Bind(item, context, report);
        passdb.Source = report.Where;
        call.Add(passdb);
    }

    private static bool AddParameter(string word, string driver, string[] known, KeyItem item, Report report)
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

    private static void Complete(string driver, KeyItem item, LoadContext context, Report report)
    {
        foreach (var name in new[] { nameof(PassdbOptions.Path), nameof(PassdbOptions.Ca) })
        {
            if (item.Text(name).Length > 0) item[name] = context.BesideConf(item[name]);
        }

        foreach (var name in new[] { nameof(PassdbOptions.Connection), nameof(PassdbOptions.BindPassword), nameof(PassdbOptions.Password) })
        {
            if (SecretGrammar.Read(item.Text(name), context, report) is { Length: > 0 } secret) item[name] = secret;
        }

        if (item.Text(nameof(PassdbOptions.Port)) is { Length: > 0 } port && Number.Parse(port) is not (> 0 and <= 65535)) report.Error($"invalid port \"{port}\"");
        if (item.Text(nameof(PassdbOptions.Scheme)) is { Length: > 0 } scheme && !PasswordSchemeName.IsKnown(scheme)) report.Error($"unknown password scheme \"{scheme}\"");
        if (SchemeOf(item.Text(nameof(PassdbOptions.Password))) is { Length: > 0 } own && !PasswordSchemeName.IsKnown(own)) report.Error("unknown password scheme in \"password\"");
        if (report.HasFailed) return;
        if (driver == "pgsql") CheckPgsql(item, report);
        else if (driver == "ldap") LdapParameters.Check(item, report);
    }

    private static void CheckPgsql(KeyItem item, Report report)
    {
        if (item.Text(nameof(PassdbOptions.Query)).Length == 0) report.Error("passdb pgsql needs \"query=\"");
        var connection = item.Text(nameof(PassdbOptions.Connection));
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

    /// <summary>The scheme of a static password, if it names one.</summary>
    private static string SchemeOf(string password)
    {
        var end = password.StartsWith('{') ? password.IndexOf('}', StringComparison.Ordinal) : -1;
        return end > 0 ? password[1..end] : "";
    }

    /// <summary>From <c>bind_dn</c> to <c>BindDn</c>.</summary>
    private static string Property(string parameter) => string.Concat(parameter.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}

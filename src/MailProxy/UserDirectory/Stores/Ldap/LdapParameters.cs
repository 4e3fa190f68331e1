using System.Net;
using MailProxy.Configuration.Binding;

namespace MailProxy.UserDirectory.Stores.Ldap;

/// <summary>The parameters of <c>passdb ldap</c>.</summary>
internal static class LdapParameters
{
    public static void Check(KeyItem item, Report report)
    {
        var uris = Value(nameof(PassdbOptions.Uri)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var uri in uris.Where(uri => !IsLdap(uri))) report.Error($"invalid uri \"{uri}\" of passdb ldap, it must be ldap://, ldaps:// or ldapi://");
        var starttls = Flag(nameof(PassdbOptions.Starttls), report);
        Flag(nameof(PassdbOptions.Verify), report);
        if (starttls && uris.Any(uri => uri.StartsWith("ldaps:", StringComparison.OrdinalIgnoreCase))) report.Error("\"starttls\" of passdb ldap needs ldap://, since ldaps:// is TLS already");
        CheckSearch(report);
        if (Value(nameof(PassdbOptions.BindDn)).Length == 0 != (Value(nameof(PassdbOptions.BindPassword)).Length == 0)) report.Error("passdb ldap needs \"bind_dn\" and \"bind_password\" together");
        if (!starttls && !report.HasFailed && uris.Any(SendsPlainText)) report.Warn("passdb ldap sends passwords in plain text, use ldaps:// or \"starttls=on\"");

        void CheckSearch(Report to)
        {
            var (dn, filter, root) = (Value(nameof(PassdbOptions.Dn)), Value(nameof(PassdbOptions.Filter)), Value(nameof(PassdbOptions.Base)));
            if (dn.Length == 0 == (filter.Length == 0)) to.Error("passdb ldap needs either \"base\" and \"filter\", or \"dn\"");
            else if (filter.Length > 0 && root.Length == 0) to.Error("passdb ldap needs \"base\" with \"filter\"");
            else if (filter.Length > 0 && !IsFilter(filter)) to.Error("the \"filter\" of passdb ldap must be in parentheses");
            else if (!NamesUser(dn + filter)) to.Error("passdb ldap names no user, \"%u\" or \"%n\" is missing");
        }

        bool Flag(string name, Report to)
        {
            if (Value(name).Length == 0) return false;
            if (OptionText.ParseFlag(Value(name)) is { } flag) return flag;
            to.Error($"invalid value \"{Value(name)}\" of \"{name.ToLowerInvariant()}\", it must be \"on\" or \"off\"");
            return false;
        }

        string Value(string name) => item.Text(name);
    }

    private static bool IsLdap(string uri) =>
        Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.Scheme is "ldap" or "ldaps" or "ldapi";

    private static bool NamesUser(string template) => template.Contains("%u", StringComparison.Ordinal) || template.Contains("%n", StringComparison.Ordinal);

    private static bool IsFilter(string filter)
    {
        var depth = 0;
        foreach (var character in filter)
        {
            depth += character == '(' ? 1 : character == ')' ? -1 : 0;
            if (depth < 0) return false;
        }

        return depth == 0 && filter.StartsWith('(') && filter.EndsWith(')');
    }

    private static bool SendsPlainText(string uri)
    {
        if (!uri.StartsWith("ldap:", StringComparison.OrdinalIgnoreCase)) return false;
        var host = new Uri(uri).DnsSafeHost;
        return host != "localhost" && !(IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}

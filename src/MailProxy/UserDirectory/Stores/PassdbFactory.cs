using MailProxy.UserDirectory.Stores.Ldap;
using MailProxy.UserDirectory.Stores.PasswdFile;
using MailProxy.UserDirectory.Stores.Pgsql;
using MailProxy.UserDirectory.Stores.Sqlite;
using MailProxy.UserDirectory.Stores.Static;
using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores;

/// <summary>From a directive to its driver.</summary>
internal static class PassdbFactory
{
    public static IPassdb Create(PassdbOptions options, PassdbServices services, ILogger log)
    {
        var passdb = Make(options, services, log);
        if (passdb is StoredPassdb) services.Passwords.Start();
        return passdb;
    }

    private static IPassdb Make(PassdbOptions options, PassdbServices services, ILogger log) => options.Driver switch
    {
        "ldap" => new LdapPassdb(options, services.Time, log),
        "static" => new StaticPassdb(options, services.Passwords, log),
        "sqlite" => new SqlitePassdb(options, services.Passwords, log),
        "passwd-file" => new PasswdFilePassdb(options, services.Passwords, services.Time, log),
        "pgsql" => new PgsqlPassdb(options, services.Passwords, services.Time, log),
        var driver => throw new ArgumentException($"No passdb \"{driver}\".", nameof(options)),
    };
}

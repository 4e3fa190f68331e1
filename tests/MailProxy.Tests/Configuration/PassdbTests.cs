using MailProxy.UserDirectory.Stores;
using MailProxy.UserDirectory.Stores.Pgsql;

namespace MailProxy.Tests.Configuration;

/// <summary><c>passdb</c>, in the file and as keys.</summary>
public sealed class PassdbTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void Each_driver_has_its_parameters_and_the_order_counts()
    {
        _conf.Write("dsn", "Host=db;Password=hunter2\n");
        _conf.Write("secret", "hunter2\n");
        var passdbs = _conf.Options("""
            events {} mail { auth_http 127.0.0.1:9; server { listen 127.0.0.1:1143; protocol imap; }
            passdb sqlite users.db upstream=imap_$protocol;
            passdb passwd-file /etc/users scheme=plain host=10.0.0.1 port=1143;
            passdb pgsql file:dsn "query=SELECT password
                FROM users WHERE login = @user" upstream=${protocol};
            passdb ldap "ldap://127.0.0.1 ldap://localhost" base=dc=example,dc=org filter=(uid=%u) bind_dn=cn=proxy bind_password=file:secret starttls=on verify=off ca=ca.pem
                upstream_attr=mailUpstream host_attr=mailHost port_attr=mailPort user_attr=uid;
            passdb static "password={PLAIN}hunter2";
            }
            """).Passdb;
        Assert.Equal(["sqlite", "passwd-file", "pgsql", "ldap", "static"], passdbs.Select(passdb => passdb.Driver));
        Assert.Equal(($"{_conf.Directory}/users.db", "imap_$protocol"), (passdbs[0].Path, passdbs[0].Upstream));
        Assert.Equal(("/etc/users", "plain", "10.0.0.1", 1143), (passdbs[1].Path, passdbs[1].Scheme, passdbs[1].Host, passdbs[1].Port));
        Assert.Equal(("Host=db;Password=hunter2", "${protocol}"), (passdbs[2].Connection, passdbs[2].Upstream));
        Assert.Contains("\n", passdbs[2].Query, StringComparison.Ordinal);
        Assert.Equal(("dc=example,dc=org", "(uid=%u)", "cn=proxy", "hunter2", true, false, $"{_conf.Directory}/ca.pem"), (passdbs[3].Base, passdbs[3].Filter, passdbs[3].BindDn, passdbs[3].BindPassword, passdbs[3].Starttls, passdbs[3].Verify, passdbs[3].Ca));
        Assert.Equal(("mailUpstream", "mailHost", "mailPort", "uid"), (passdbs[3].UpstreamAttr, passdbs[3].HostAttr, passdbs[3].PortAttr, passdbs[3].UserAttr));
        Assert.Equal(("{PLAIN}hunter2", $"{_conf.Directory}/c:8"), (passdbs[4].Password, passdbs[4].Source));
    }

    [Fact]
    public void Keys_have_the_same_and_replace_the_files()
    {
        var options = _conf.Options(
            TestConf.Server("").Replace("auth_http", "passdb static; auth_http", StringComparison.Ordinal), null,
            ("Mail:Passdb:0:Driver", "sqlite"), ("Mail:Passdb:0:Path", "users.db"), ("Mail:Passdb:0:Port", "1143"), ("Mail:Passdb:0:Host", "h"),
            ("Mail:Passdb:1:Driver", "ldap"), ("Mail:Passdb:1:Uri", "ldaps://ldap.test"), ("Mail:Passdb:1:Dn", "uid=%u"), ("Mail:Passdb:1:Verify", "false"));
        Assert.Equal([($"{_conf.Directory}/users.db", 1143), ("", null)], options.Passdb.Select(passdb => (passdb.Path, passdb.Port)));
        Assert.Equal("Mail:Passdb:0", options.Passdb[0].Source);
        Assert.False(options.Passdb[1].Verify);
    }

    [Theory]
    [InlineData("passdb mysql x;", "unknown passdb driver \"mysql\"")]
    [InlineData("passdb sqlite;", "invalid number of arguments in \"passdb\" directive")]
    [InlineData("passdb sqlite \"\";", "passdb sqlite needs a \"Path\"")]
    [InlineData("passdb sqlite u hunter2;", "a parameter of passdb sqlite is not \"name=value\"")]
    [InlineData("passdb sqlite u query=hunter2;", "invalid parameter \"query\" of passdb sqlite")]
    [InlineData("passdb sqlite u host=a host=b;", "duplicate parameter \"host\"")]
    [InlineData("passdb sqlite u host=a port=x;", "invalid port \"x\"")]
    [InlineData("passdb sqlite u \"host=a\\nb\";", "\"passdb\" directive invalid value")]
    [InlineData("passdb passwd-file u scheme=md4;", "unknown password scheme \"md4\"")]
    [InlineData("passdb passwd-file u scheme=sha256.rot13;", "unknown password scheme \"sha256.rot13\"")]
    [InlineData("passdb static \"password={ROT13}hunter2\";", "unknown password scheme in \"password\"")]
    [InlineData("passdb pgsql Host=h query=\"SELECT 1\";", "quotes must stand around the whole parameter \"query=...\"")]
    [InlineData("passdb pgsql Host=h;", "passdb pgsql needs \"query=\"")]
    [InlineData("passdb pgsql \"Password=hunter2\" query=x;", "the connection string of passdb pgsql has no \"Host\"")]
    [InlineData("passdb pgsql \"Host=h;Pasword=hunter2\" query=x;", "invalid connection string of passdb pgsql")]
    [InlineData("passdb pgsql \"Host=h;Password=hunter2;Minimum Pool Size=200\" query=x;", "invalid connection string of passdb pgsql")]
    [InlineData("passdb pgsql \"Host=h;Password=hunter2;Timeout=-1\" query=x;", "invalid connection string of passdb pgsql")]
    [InlineData("passdb pgsql postgresql://u:hunter2@h/d query=x;", "invalid connection string of passdb pgsql")]
    [InlineData("passdb pgsql file:missing query=x;", "cannot read \"missing\": Could not find file 'missing'.")]
    [InlineData("passdb ldap http://h dn=uid=%u;", "invalid uri \"http://h\" of passdb ldap, it must be ldap://, ldaps:// or ldapi://")]
    [InlineData("passdb ldap ldap://127.0.0.1;", "passdb ldap needs either \"base\" and \"filter\", or \"dn\"")]
    [InlineData("passdb ldap ldap://127.0.0.1 dn=uid=%u base=x filter=(uid=%u);", "passdb ldap needs either \"base\" and \"filter\", or \"dn\"")]
    [InlineData("passdb ldap ldap://127.0.0.1 filter=(uid=%u);", "passdb ldap needs \"base\" with \"filter\"")]
    [InlineData("passdb ldap ldap://127.0.0.1 base=x filter=uid=%u;", "the \"filter\" of passdb ldap must be in parentheses")]
    [InlineData("passdb ldap ldap://127.0.0.1 base=x filter=(uid=alice);", "passdb ldap names no user, \"%u\" or \"%n\" is missing")]
    [InlineData("passdb ldap ldap://127.0.0.1 dn=uid=%u bind_dn=x;", "passdb ldap needs \"bind_dn\" and \"bind_password\" together")]
    [InlineData("passdb ldap ldaps://127.0.0.1 dn=uid=%u starttls=on;", "\"starttls\" of passdb ldap needs ldap://, since ldaps:// is TLS already")]
    [InlineData("passdb ldap ldaps://127.0.0.1 dn=uid=%u verify=maybe;", "invalid value \"maybe\" of \"verify\", it must be \"on\" or \"off\"")]
    [InlineData("passdb static upstream=pool; upstream poool { server 127.0.0.1:143; }", "unknown upstream \"pool\" of passdb static")]
    [InlineData("passdb static hunter2;", "a parameter of passdb static is not \"name=value\"")]
    [InlineData("passdb static passwort=hunter2;", "invalid parameter \"passwort\" of passdb static")]
    public void What_is_wrong_is_said_without_secrets(string line, string message)
    {
        var result = _conf.Load($"events {{}} mail {{ auth_http 127.0.0.1:9; server {{ listen 127.0.0.1:1143; protocol imap; }}\n{line} }}");
        var text = Assert.Single(_conf.Texts(result));
        Assert.Equal($"[emerg] {message} in c:2", text.Replace($"'{_conf.Directory}/", "'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Host=h", 5)]
    [InlineData("Host=h;Password=\"Timeout=9;\"", 5)]
    [InlineData("Host=h;timeout=20", 25)]
    [InlineData("Host=h;Command Timeout=20", 25)]
    [InlineData("Host=h;CommandTimeout=1;Timeout=2", 3)]
    [InlineData("Host=h;Command Timeout=0", null)]
    public void A_lookup_takes_five_seconds_unless_the_connection_string_says_otherwise(string connection, int? seconds)
    {
        Assert.Equal(seconds is { } limit ? TimeSpan.FromSeconds(limit) : Timeout.InfiniteTimeSpan, PgsqlSource.LimitOf(connection));
        using var source = PgsqlSource.Create(connection);
        var settings = new Npgsql.NpgsqlConnectionStringBuilder(source.ConnectionString);
        Assert.Equal(connection.Contains("imeout=20", StringComparison.Ordinal) || connection.Contains("=0", StringComparison.Ordinal) || connection.Contains("=1", StringComparison.Ordinal), settings is not { Timeout: 5, CommandTimeout: 5 });
    }

    [Fact]
    public void A_key_of_another_driver_is_refused() => Assert.Equal(
        ["[emerg] passdb static has no \"Query\" in Mail:Passdb:0"],
        _conf.Texts(_conf.Load(TestConf.Server(""), null, ("Mail:Passdb:0:Driver", "static"), ("Mail:Passdb:0:Query", "hunter2"))));

    [Fact]
    public void Passwords_in_plain_text_to_another_machine_are_worth_a_warning()
    {
        const string Conf = "events {} mail { auth_http 127.0.0.1:9; server { listen 127.0.0.1:1143; protocol imap; }\npassdb ldap ldap://ldap.test dn=uid=%u; }";
        Assert.Equal(["[warn] passdb ldap sends passwords in plain text, use ldaps:// or \"starttls=on\" in c:2"], _conf.Texts(_conf.Load(Conf)));
    }
}

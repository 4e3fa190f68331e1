using System.Globalization;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>An OpenLDAP server of the tests' own, which can be stopped and started again. Its certificate is good for 127.0.0.1, and not for 127.0.0.2, where it listens too.</summary>
internal sealed class SlapdServer : IAsyncDisposable
{
    /// <summary>The service account.</summary>
    public const string AdminDn = "cn=admin,dc=example,dc=org";

    private readonly TempDirectory _directory = new("slapd");
    private ChildProcess? _process;

    public int Ldap { get; } = FreePort.Take();

    public int Ldaps { get; } = FreePort.Take();

    public ServerCertificates Certificates { get; } = new();

    public string Uri => string.Create(CultureInfo.InvariantCulture, $"ldap://127.0.0.1:{Ldap}");

    public string SecureUri => string.Create(CultureInfo.InvariantCulture, $"ldaps://127.0.0.1:{Ldaps}");

    /// <summary>How often somebody has asked to be bound as an entry with this in its name; all of them but nobody's for "cn=" and "uid=".</summary>
    public int BindsAs(string name) => _process!.Error.Split('\n').Count(line => line.Contains(" BIND dn=\"", StringComparison.Ordinal) && line.Contains("method=", StringComparison.Ordinal) && line.Contains(name, StringComparison.Ordinal));

    public static async Task<SlapdServer> StartAsync()
    {
        var server = new SlapdServer();
        try
        {
            Directory.CreateDirectory(server._directory.Combine("data"));
            File.WriteAllText(server.Conf, server.Configuration());
            File.WriteAllText(server._directory.Combine("seed.ldif"), Seed);
            (await ChildProcess.RunAsync("/usr/sbin/slapadd", "-f", server.Conf, "-l", server._directory.Combine("seed.ldif"))).Succeeded.ToString();
            await server.RestartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, also after <see cref="StopAsync"/>.</summary>
    public async Task RestartAsync()
    {
        var uris = string.Create(CultureInfo.InvariantCulture, $"ldap://127.0.0.1:{Ldap}/ ldaps://127.0.0.1:{Ldaps}/ ldaps://127.0.0.2:{Ldaps}/");
        _process = ChildProcess.Start("/usr/sbin/slapd", ["-d", "256", "-f", Conf, "-h", uris]);
        await Patience.UntilAsync(IsListening, () => $"slapd: {_process.Error}");
    }

    /// <summary>It answers nobody any longer, and closes nothing.</summary>
    public void Freeze() => _process!.Freeze();

    /// <summary>It goes on where it was.</summary>
    public void Thaw() => _process!.Thaw();

    public async Task StopAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) Thaw();
        await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
        Certificates.Dispose();
    }

    private string Conf => _directory.Combine("slapd.conf");

    private bool IsListening()
    {
        if (_process!.HasExited) throw new InvalidOperationException(_process.Error);
        try
        {
            using var client = new System.Net.Sockets.TcpClient("127.0.0.1", Ldaps);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private string Configuration() => $"""
        include /etc/ldap/schema/core.schema
        include /etc/ldap/schema/cosine.schema
        include /etc/ldap/schema/inetorgperson.schema
        pidfile {_directory.Path}/slapd.pid
        argsfile {_directory.Path}/slapd.args
        modulepath /usr/lib/ldap
        moduleload back_mdb
        TLSCertificateFile {Certificates[ServerCertificates.Good + ".pem"]}
        TLSCertificateKeyFile {Certificates[ServerCertificates.Good + ".key"]}
        database mdb
        maxsize 67108864
        suffix "dc=example,dc=org"
        rootdn "{AdminDn}"
        rootpw hunter2
        directory {_directory.Path}/data
        access to attrs=userPassword by anonymous auth by * none
        access to * by * read

        """;

    private const string Seed = """
        dn: dc=example,dc=org
        objectClass: dcObject
        objectClass: organization
        o: Example
        dc: example

        dn: ou=people,dc=example,dc=org
        objectClass: organizationalUnit
        ou: people

        dn: uid=alice,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: alice
        cn: Alice
        sn: Same
        mail: alice@example.org
        departmentNumber: alices_pool
        employeeNumber: al
        userPassword: secret1

        dn: uid=o\,neil,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: o,neil
        cn: O'Neil
        sn: Same
        roomNumber: 10.0.0.5
        carLicense: 2143
        userPassword: secret2

        dn: uid=slow,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: slow
        cn: Slow
        sn: Slow
        userPassword: {CRYPT}$6$rounds=900000$saltsalt$iJmHPYBsOMY2huR7OLHk4xnnEdBxK/Vlz5Ob9Ho6miHzDN/nAd0hSrGJkbbAfK7LtWn4/NkaVWnNJ28LcqDeM0

        """;
}

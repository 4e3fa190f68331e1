using System.Net;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Tests.Authentication;
using MailProxy.Tests.Configuration;
using MailProxy.Upstreams.Routing;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Logins;
using MailProxy.UserDirectory.Stores;
using Prometheus;

namespace MailProxy.Tests.UserDirectory.Logins;

/// <summary>A few users in a passwd-file, and whoever decides on them.</summary>
internal sealed class LoginUsers : IUpstreamChoice, IAsyncDisposable
{
    /// <summary>Every user's password.</summary>
    public const string Secret = Attempts.Secret;

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("users");

    public LoginUsers()
    {
        Registry = Metrics.NewCustomRegistry();
        var factory = Metrics.WithCustomRegistry(Registry);
        Answers = new AuthMetrics(factory);
        Directory = new LoginDirectory(new PassdbServices(factory, TimeProvider.System));
        Decider = new LoginDecider(Directory);
        File.WriteAllText(UsersFile, $$"""
            fred:{PLAIN}{{Secret}}::::::host=127.0.0.9 port=1143
            anna@example.org:{PLAIN}{{Secret}}::::::host=127.0.0.9 user=anna%bü pass=m4ster
            spaced:{PLAIN}{{Secret}}::::::host=127.0.0.9 user=a\1b
            grouped:{PLAIN}{{Secret}}::::::upstream=pool
            lost:{PLAIN}{{Secret}}::::::upstream=no-such-group
            homeless:{PLAIN}{{Secret}}::::::
            cert@example.org:::::::host=127.0.0.9 pass=m4ster
            nopass@example.org:::::::host=127.0.0.9

            """.Replace("\\1", "\u0001", StringComparison.Ordinal));
        PutInForce(new PassdbOptions { Driver = "passwd-file", Path = UsersFile });
    }

    public RecordingLogger Log { get; } = new();

    public CollectorRegistry Registry { get; }

    public AuthMetrics Answers { get; }

    public LoginDirectory Directory { get; }

    public LoginDecider Decider { get; }

    private string UsersFile => Path.Combine(_folder.FullName, "users");

    public void PutInForce(params PassdbOptions[] passdbs) => PutInForce("", passdbs);

    public void PutInForce(string key, params PassdbOptions[] passdbs) =>
        Directory.PutInForce(Directory.Prepare(new MailProxyOptions { AuthEndpointKey = key, Passdb = passdbs }, Log));

    /// <summary>A directory that cannot be asked.</summary>
    public PassdbOptions Broken() => new() { Driver = "passwd-file", Path = Path.Combine(_folder.FullName, "no-such-file") };

    public PassdbOptions Users() => new() { Driver = "passwd-file", Path = UsersFile };

    public static LoginFacts Facts(string login, string secret = Secret, AuthMethod method = AuthMethod.Plain, string protocol = "imap", LoginCertificate? certificate = null, string recipient = "") => new()
    {
        Credentials = new Credentials(method, Encoding.UTF8.GetBytes(login), Encoding.UTF8.GetBytes(secret)),
        Protocol = Values.Protocol(protocol),
        Attempt = 1,
        Certificate = certificate,
        Recipient = Encoding.UTF8.GetBytes(recipient),
    };

    /// <summary>The group <c>pool</c> has one server.</summary>
    public ValueTask<IPEndPoint?> ChooseAsync(UpstreamAddress address, byte[] login, IPAddress? client, CancellationToken cancellationToken) =>
        ValueTask.FromResult(address.Literal ?? (address.Host == "pool" ? new IPEndPoint(IPAddress.Parse("::1"), 2143) : null));

    public async ValueTask DisposeAsync()
    {
        await Directory.DisposeAsync();
        _folder.Delete(recursive: true);
        Assert.DoesNotContain(Secret, Log.All, StringComparison.Ordinal);
        Assert.DoesNotContain("m4ster", Log.All, StringComparison.Ordinal);
    }
}

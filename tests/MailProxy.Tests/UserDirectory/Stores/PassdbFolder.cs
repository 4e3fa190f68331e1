using System.Net;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Tests.Authentication;
using MailProxy.Tests.Configuration;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;
using Prometheus;

namespace MailProxy.Tests.UserDirectory.Stores;

/// <summary>Passdbs with a folder, a log and metrics of their own.</summary>
internal sealed class PassdbFolder : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mailproxy-passdb-");
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly List<PassdbChain> _chains = [];

    public PassdbFolder() => Services = new PassdbServices(Metrics.WithCustomRegistry(_registry), TimeProvider.System);

    public PassdbServices Services { get; }

    public RecordingLogger Log { get; } = new();

    public string this[string name] => Path.Combine(_folder.FullName, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public PassdbChain Chain(params PassdbOptions[] passdbs)
    {
        foreach (var passdb in passdbs) passdb.Source = "c:2";
        _chains.Add(PassdbChain.Create(new MailProxyOptions { Passdb = passdbs }, Services, Log));
        return _chains[^1];
    }

    public PassdbOptions PasswdFile(string text, string name = "users") => new() { Driver = "passwd-file", Path = Write(name, text) };

    public static PassdbQuery Plain(string login, string password, string protocol = "imap", string client = "192.0.2.7") => Query(AuthMethod.Plain, login, password, protocol: protocol, client: client);

    public static PassdbQuery Query(AuthMethod method, string login, string secret = "", string? salt = null, string protocol = "imap", string client = "192.0.2.7") =>
        new(new Credentials(method, Encoding.UTF8.GetBytes(login), Encoding.UTF8.GetBytes(secret), salt is null ? null : Encoding.ASCII.GetBytes(salt)), Values.Protocol(protocol), IPAddress.Parse(client));

    public static async Task<PassdbResult> AskAsync(PassdbChain chain, PassdbQuery query)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        return await chain.AuthenticateAsync(query, deadline.Token);
    }

    public static async Task<PassdbStatus> StatusAsync(PassdbChain chain, PassdbQuery query) => (await AskAsync(chain, query)).Status;

    public async Task<string> MetricsAsync()
    {
        await using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var chain in _chains) await chain.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

using MailProxy.FunctionalTests.Servers;

[assembly: AssemblyFixture(typeof(MailServers))]

namespace MailProxy.FunctionalTests.Servers;

/// <summary>The real servers behind the proxy, started when the first test asks for them and shared by all.</summary>
public sealed class MailServers : IAsyncDisposable
{
    private readonly Lazy<Task<DovecotServer>> _dovecot = new(DovecotServer.StartAsync);
    private readonly Lazy<Task<PostfixServer>> _postfix;

    public MailServers() => _postfix = new(async () => await PostfixServer.StartAsync(await _dovecot.Value));

    internal Task<DovecotServer> DovecotAsync() => _dovecot.Value;

    internal Task<PostfixServer> PostfixAsync() => _postfix.Value;

    public async ValueTask DisposeAsync()
    {
        if (_postfix.IsValueCreated && _postfix.Value.IsCompletedSuccessfully) await (await _postfix.Value).DisposeAsync();
        if (_dovecot.IsValueCreated && _dovecot.Value.IsCompletedSuccessfully) await (await _dovecot.Value).DisposeAsync();
    }
}

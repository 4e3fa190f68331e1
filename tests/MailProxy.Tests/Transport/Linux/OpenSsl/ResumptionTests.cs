using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using System.Security.Authentication;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.Linux.OpenSsl;

/// <summary>Which sessions clients may come back with.</summary>
[SupportedOSPlatform("linux")]
public sealed class ResumptionTests : IDisposable
{
    private readonly Authority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("mailproxy-resumption-").FullName;
    private readonly string _store = $"test{Guid.NewGuid():N}";

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>nginx's own example. OpenSSL tells of each session of <c>builtin</c> when its context is freed, on the collector's thread, where no loop is.</summary>
    [Fact]
    public async Task A_context_with_both_caches_is_freed_and_the_shared_one_keeps_its_sessions()
    {
        var options = new TlsServerOptions { Certificates = [_authority.Issue(["localhost"])], SessionTickets = false, SessionCache = ["builtin:1000", $"shared:{_store}:10m"] };
        var name = $"{Guid.NewGuid():N}.example";
        for (var i = 0; i < 3; i++)
        {
            Assert.Contains($" resumed={i > 0} ", await OnceAsync(options, name), StringComparison.Ordinal);
            for (var j = 0; j < 3; j++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
    }

    /// <summary>With a context that nobody knows of afterwards.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<string> OnceAsync(TlsServerOptions options, string name)
    {
        await using var server = await TlsServer.StartAsync(options);
        return await HandshakeAsync(server, name, SslProtocols.Tls12);
    }

    private static async Task<string> HandshakeAsync(TlsServer server, string name, SslProtocols protocol)
    {
        await using var client = await server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = protocol });
        // Tickets of TLS 1.3 come with the first bytes.
        await client.WriteAsync("x"u8.ToArray());
        await client.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(TlsServer.Deadline);
        await client.ShutdownAsync();
        return server.NextHandshake();
    }
}

using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Tests.Configuration;
using MailProxy.Transport;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.OpenSsl;

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
        var options = new TlsServerOptions { Certificates = [_authority.Issue(["localhost"])], SessionTickets = false, SessionCache = Values.SessionCache($"builtin:1000 shared:{_store}:10m") };
        var name = $"{Guid.NewGuid():N}.example";
        await using var open = new OpenClients();
        for (var i = 0; i < 3; i++)
        {
            Assert.Contains($" resumed={i > 0} ", await OnceAsync(options, name, open), StringComparison.Ordinal);
            for (var j = 0; j < 3; j++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
    }

    /// <summary>How sessions come back: by tickets of random keys, of a key file, or out of a cache.</summary>
    public static TheoryData<SslProtocols, string> Ways
    {
        get
        {
            var ways = new TheoryData<SslProtocols, string>();
            foreach (var protocol in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
            {
                foreach (var way in (string[])["tickets", "key file", "shared"]) ways.Add(protocol, way);
            }

            return ways;
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Who_was_let_in_by_an_authority_that_is_gone_is_asked_again(SslProtocols protocol, string way)
    {
        using var other = new Authority("Another CA");
        await using var client = new Client(_authority.Issue(["alice"]), protocol);
        var options = Options(way) with { AsksForCertificate = true, ClientCertificate = Write("ca.pem", _authority.Root) };
        var before = Create(options);
        Assert.EndsWith(" resumed=False verify=0:", await client.ComeAsync(before), StringComparison.Ordinal);
        Assert.EndsWith(" resumed=True verify=0:", await client.ComeAsync(before), StringComparison.Ordinal);

        // The same again, under another name: nothing has changed.
        var same = Create(options with { ClientCertificate = Write("copy.pem", _authority.Root) }, before);
        Assert.EndsWith(" resumed=True verify=0:", await client.ComeAsync(same), StringComparison.Ordinal);

        Write("ca.pem", other.Root);
        Assert.EndsWith(" resumed=False verify=21:unable to verify the first certificate", await client.ComeAsync(Create(options, same)), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Who_is_revoked_is_asked_again(SslProtocols protocol, string way)
    {
        using var revoked = X509Certificate2.CreateFromPem(_authority.Issue(["bob"]).Certificate.AsSpan("data:".Length));
        await using var client = new Client(_authority.Issue(["alice"]), protocol);
        var options = Options(way) with { AsksForCertificate = true, ClientCertificate = Write("ca.pem", _authority.Root), Crl = Write("crl.pem", _authority.Revoke(revoked)) };
        var before = Create(options);
        Assert.EndsWith(" resumed=False verify=0:", await client.ComeAsync(before), StringComparison.Ordinal);
        Assert.EndsWith(" resumed=True verify=0:", await client.ComeAsync(before), StringComparison.Ordinal);
        Write("crl.pem", _authority.Revoke(client.Certificate));
        Assert.EndsWith(" resumed=False verify=23:certificate revoked", await client.ComeAsync(Create(options, before)), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Who_was_not_asked_is_asked_where_others_are(SslProtocols protocol, string way)
    {
        await using var client = new Client(_authority.Issue(["alice"]), protocol);
        var options = Options(way) with { AsksForCertificate = true, ClientCertificate = Write("ca.pem", _authority.Root) };
        var before = Create(options with { AsksForCertificate = false });
        Assert.EndsWith(" resumed=False verify=0:", await client.ComeAsync(before), StringComparison.Ordinal);
        Assert.EndsWith(" resumed=False verify=0:", await client.ComeAsync(Create(options, before)), StringComparison.Ordinal);
        Assert.EndsWith(" resumed=False verify=0:", await client.ComeAsync(Create(options with { VerifyDepth = 0 }, before)), StringComparison.Ordinal);
    }

    /// <summary>OpenSSL has a clock of its own: this takes as long as the sessions.</summary>
    [Theory, MemberData(nameof(Ways))]
    public async Task A_chain_of_resumptions_ends_with_the_time_of_its_first_handshake(SslProtocols protocol, string way)
    {
        await using var client = new Client(null, protocol);
        var context = Create(Options(way) with { SessionTimeout = TimeSpan.FromSeconds(5) });
        var began = TimeProvider.System.GetTimestamp();
        Assert.Contains(" resumed=False ", await client.ComeAsync(context), StringComparison.Ordinal);
        var resumed = 0;
        while ((await client.ComeAsync(context)).Contains(" resumed=True ", StringComparison.Ordinal))
        {
            resumed++;
            Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(15));
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        Assert.NotEqual(0, resumed);
    }

    [Fact]
    public async Task Tickets_of_a_key_file_that_is_gone_are_worth_nothing()
    {
        await using var client = new Client(null, SslProtocols.Tls12);
        var with = Create(Options("key file"));
        Assert.Contains(" resumed=False ", await client.ComeAsync(with), StringComparison.Ordinal);
        Assert.Contains(" resumed=False ", await client.ComeAsync(Create(Options("tickets"), with)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ticket_of_the_key_before_is_renewed_and_no_younger()
    {
        var (old, @new) = (WriteKey("old"), WriteKey("new"));
        var options = Options("tickets") with { SessionTimeout = TimeSpan.FromSeconds(5), SessionTicketKeys = [old] };
        await using var client = new Client(null, SslProtocols.Tls13);
        var began = TimeProvider.System.GetTimestamp();
        await client.ComeAsync(Create(options));
        var turned = Create(options with { SessionTicketKeys = [@new, old] });
        Assert.Contains(" resumed=True ", await client.ComeAsync(turned), StringComparison.Ordinal);
        Assert.Contains(" resumed=True ", await client.ComeAsync(Create(options with { SessionTicketKeys = [@new] })), StringComparison.Ordinal);
        while ((await client.ComeAsync(turned)).Contains(" resumed=True ", StringComparison.Ordinal))
        {
            Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(15));
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
    }

    private static TlsServerContext Create(TlsServerOptions options, TlsServerContext? previous = null) => TlsEngine.OpenSsl.CreateServerContext(options, previous);

    private TlsServerOptions Options(string way)
    {
        var options = new TlsServerOptions { Certificates = [_authority.Issue(["localhost"])] };
        return way switch
        {
            "tickets" => options,
            "key file" => options with { SessionTicketKeys = [WriteKey("key")] },
            _ => options with { SessionTickets = false, SessionCache = Values.SessionCache($"shared:{_store}:1m") },
        };
    }

    private string Write(string name, string data)
    {
        File.WriteAllText(Path.Combine(_folder, name), data["data:".Length..]);
        return Path.Combine(_folder, name);
    }

    private string WriteKey(string name)
    {
        var path = Path.Combine(_folder, name);
        if (!File.Exists(path)) File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(80));
        return path;
    }

    /// <summary>.NET's client keeps the last session of each name, as long as one connection is open: it forgets settings that nobody uses when there are others.</summary>
    private sealed class OpenClients : IAsyncDisposable
    {
        private readonly List<SslStream> _streams = [];

        public SslStream Add(SslStream stream)
        {
            _streams.Add(stream);
            return stream;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var stream in _streams) await stream.DisposeAsync();
        }
    }

    /// <summary>A client who comes back.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private readonly string _name = $"{Guid.NewGuid():N}.example";
        private readonly SslProtocols _protocol;
        private readonly SslStreamCertificateContext? _context;
        private readonly OpenClients _open = new();

        public Client(TlsKeyPair? pair, SslProtocols protocol)
        {
            _protocol = protocol;
            if (pair is null) return;
            Certificate = X509Certificate2.CreateFromPem(pair.Certificate.AsSpan("data:".Length), pair.Key.AsSpan("data:".Length));
            _context = SslStreamCertificateContext.Create(Certificate, null, offline: true);
        }

        public X509Certificate2 Certificate { get; } = null!;

        public async Task<string> ComeAsync(TlsServerContext context)
        {
            await using var server = await TlsServer.StartAsync(context);
            return await HandshakeAsync(server, _open.Add(await server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = _name, EnabledSslProtocols = _protocol, ClientCertificateContext = _context })));
        }

        public async ValueTask DisposeAsync()
        {
            await _open.DisposeAsync();
            Certificate?.Dispose();
        }
    }

    /// <summary>With a context that nobody knows of afterwards.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<string> OnceAsync(TlsServerOptions options, string name, OpenClients open)
    {
        await using var server = await TlsServer.StartAsync(options);
        return await HandshakeAsync(server, open.Add(await server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = SslProtocols.Tls12 })));
    }

    private static async Task<string> HandshakeAsync(TlsServer server, SslStream client)
    {
        // Tickets of TLS 1.3 come with the first bytes.
        await client.WriteAsync("x"u8.ToArray());
        await client.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(TlsServer.Deadline);
        await client.ShutdownAsync();
        return server.NextHandshake();
    }
}

using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Observing;
using MailProxy.Tests.Configuration;
using MailProxy.Tests.Sessions;
using MailProxy.Tls;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace MailProxy.Tests.Tls;

/// <summary>Files that change under a running program.</summary>
public sealed class CertificateSetTests : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mailproxy-tls-");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeTlsEngine _engine = new();
    private readonly LogLines _log = new(new SessionLogContext());
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private CertificateMetrics? _metrics;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Nothing_is_loaded_again_while_nothing_changes()
    {
        using var set = Watch(Server("c.pem", "c.key"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, _engine.Calls);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void A_changed_file_is_used_for_new_handshakes_within_seconds()
    {
        var server = Server("c.pem", "c.key");
        using var set = Watch(server);
        var before = set.For(server)!.Context;
        Write("c.pem", "renewed");
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Same(before, set.For(server)!.Context);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Same(before, Assert.IsType<FakeTlsEngine.Context>(set.For(server)!.Context).Previous);
        Assert.Equal(["Information: certificates reloaded for server in c:1"], _log.Lines);
    }

    [Theory]
    [InlineData("c.pem")]
    [InlineData("c.key")]
    [InlineData("pass")]
    [InlineData("dh.pem")]
    [InlineData("ticket")]
    [InlineData("ca.pem")]
    [InlineData("trusted.pem")]
    [InlineData("crl.pem")]
    [InlineData("chain.pem")]
    public void Every_file_that_a_directive_names_is_looked_at(string name)
    {
        var server = Server("c.pem", "c.key");
        (server.Tls.PasswordFile, server.Tls.Dhparam, server.Tls.SessionTicketKey) = (Write("pass"), Write("dh.pem"), [Write("ticket")]);
        (server.Tls.ClientCertificate, server.Tls.TrustedCertificate, server.Tls.Crl) = (Write("ca.pem"), Write("trusted.pem"), Write("crl.pem"));
        server.Tls.ConfCommand = [new NameValueOptions { Name = "ChainCAFile", Value = Write("chain.pem") }, new NameValueOptions { Name = "NumTickets", Value = "2" }];
        using var set = Watch(server);
        Write(name, "other");
        _time.Advance(Look);
        Assert.Equal(2, _engine.Calls);
    }

    [Fact]
    public void What_is_no_file_is_not_looked_at()
    {
        var server = Server("c.pem", "c.key");
        (server.Tls.Certificate, server.Tls.CertificateKey) = (["data:secret"], ["store:pkcs11:x"]);
        using var set = Watch(server);
        _time.Advance(Look);
        Assert.Equal(1, _engine.Calls);
    }

    [Fact]
    public async Task A_pair_that_does_not_match_yet_is_not_used_and_logged_once()
    {
        var server = Server("c.pem", "c.key");
        using var set = Watch(server);
        var before = set.For(server)!.Context;
        _engine.NotAfter = _engine.NotAfter.AddDays(90);
        _engine.Failure = "SSL_CTX_use_PrivateKey(\"c.key\") failed (SSL: error:05800074:x509 certificate routines::key values mismatch)";
        Write("c.pem", "renewed");
        _time.Advance(Look);
        _time.Advance(Look);
        Assert.Same(before, set.For(server)!.Context);
        Assert.Equal(2, _engine.Calls);
        Assert.Equal([$"Error: {_engine.Failure}; the certificates that were loaded before stay in use for server in c:1"], _log.Lines);
        Assert.Contains(" 1798761600\n", await ExportAsync(), StringComparison.Ordinal);

        _engine.Failure = null;
        Write("c.key", "renewed");
        _time.Advance(Look);
        Assert.NotSame(before, set.For(server)!.Context);
        Assert.Equal("Information: certificates reloaded for server in c:1", _log.Lines[^1]);
        Assert.Contains($"{{certificate=\"{Full("c.pem")}\"}} 1806537600\n", await ExportAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_of_our_own_keeps_the_old_certificate_and_the_watch()
    {
        var server = Server("c.pem", "c.key");
        using var set = Watch(server);
        var before = set.For(server)!.Context;
        _engine.Error = new System.Security.Cryptography.CryptographicException("ASN1 corrupted data.");
        Write("c.pem", "renewed");
        _time.Advance(Look);
        Assert.Same(before, set.For(server)!.Context);
        Assert.StartsWith("Critical: certificates could not be read again for an error of our own; those that were loaded before stay in use for server in c:1", Assert.Single(_log.Lines), StringComparison.Ordinal);

        _engine.Error = null;
        Write("c.pem", "renewed once more");
        _time.Advance(Look);
        Assert.NotSame(before, set.For(server)!.Context);
    }

    [Fact]
    public void A_file_that_is_gone_leaves_the_old_one_in_use_until_it_is_back()
    {
        var server = Server("c.pem", "c.key");
        using var set = Watch(server);
        _engine.Failure = "cannot load certificate \"c.pem\"";
        File.Delete(Full("c.pem"));
        _time.Advance(Look);
        _engine.Failure = null;
        Write("c.pem", "back");
        _time.Advance(Look);
        Assert.Equal(["Error", "Information"], _log.Lines.Select(line => line.Split(':')[0]));
    }

    [Fact]
    public void Kubernetes_swaps_a_link_that_all_files_lead_through()
    {
        foreach (var (version, text) in new[] { ("..1", "old"), ("..2", "new") })
        {
            Directory.CreateDirectory(Full(version));
            foreach (var name in new[] { "c.pem", "c.key" })
            {
                Write($"{version}/{name}", text);
                File.SetLastWriteTimeUtc(Full($"{version}/{name}"), DateTime.UnixEpoch);       // only where the link leads tells
            }
        }

        File.CreateSymbolicLink(Full("..data"), "..1");
        foreach (var name in new[] { "c.pem", "c.key" }) File.CreateSymbolicLink(Full(name), $"..data/{name}");
        using var set = Watch(Linked("c.pem", "c.key"));
        _time.Advance(Look);
        Assert.Equal(1, _engine.Calls);

        Directory.Delete(Full("..data"));
        File.CreateSymbolicLink(Full("..data"), "..2");
        _time.Advance(Look);
        Assert.Equal(2, _engine.Calls);
        Assert.Equal(["Information: certificates reloaded for server in c:1"], _log.Lines);
    }

    [Fact]
    public void A_link_that_leads_in_a_circle_is_no_more_than_a_file_that_cannot_be_read()
    {
        File.CreateSymbolicLink(Full("c.pem"), "c.key");
        File.CreateSymbolicLink(Full("c.key"), "c.pem");
        using var set = Watch(Linked("c.pem", "c.key"));
        _time.Advance(Look);
        Assert.Equal(1, _engine.Calls);
    }

    [Fact]
    public void A_certificate_that_ends_within_two_weeks_is_warned_of_daily()
    {
        _engine.NotAfter = _time.GetUtcNow().AddDays(15);
        using var set = Watch(Server("c.pem", "c.key"), Server("c.pem", "c.key"));
        Assert.Empty(_log.Lines);
        Pass(days: 2);
        var warning = $"Warning: certificate \"{Full("c.pem")}\" expires on 2026-12-10 12:00:00 UTC";
        Assert.Equal([warning, warning], _log.Lines);
        Pass(days: 13);
        Assert.Equal(15, _log.Lines.Count);
        Assert.Equal($"Warning: certificate \"{Full("c.pem")}\" has expired on 2026-12-10 12:00:00 UTC", _log.Lines[^1]);
    }

    [Fact]
    public void Nothing_is_looked_at_once_the_configuration_is_over()
    {
        var set = Watch(Server("c.pem", "c.key"));
        set.Dispose();
        Write("c.pem", "renewed");
        _time.Advance(Look);
        Assert.Equal(1, _engine.Calls);
    }

    [Fact]
    public void Every_file_that_will_not_do_is_named_once()
    {
        _engine.Failure = "cannot load certificate \"c.pem\"";
        using var set = new CertificateSet(Options(Server("c.pem", "c.key"), Server("c.pem", "c.key")), _engine);
        Assert.Equal([_engine.Failure], set.Errors);
    }

    [Fact]
    public async Task The_next_configuration_takes_over_by_address_and_tells_of_its_own_certificates_only()
    {
        var old = Server("a.pem", "a.key");
        using var before = Watch(old);
        var server = Server("b.pem", "b.key");
        var other = Server("a.pem", "a.key");
        other.Listen[0] = other.Listen[0] with { Address = Values.EndPoint("127.0.0.1:994") };
        using var after = new CertificateSet(Options(other, server), _engine, before);
        Assert.Same(before.For(old)!.Context, Assert.IsType<FakeTlsEngine.Context>(after.For(server)!.Context).Previous);
        Assert.Null(Assert.IsType<FakeTlsEngine.Context>(after.For(other)!.Context).Previous);

        before.Dispose();
        using var last = new CertificateSet(Options(server), _engine, after);
        last.Watch(_metrics!, _log, _time);
        var exported = await ExportAsync();
        Assert.Contains(Full("b.pem"), exported, StringComparison.Ordinal);
        Assert.DoesNotContain(Full("a.pem"), exported, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_without_tls_has_none()
    {
        var server = new ServerOptions { Protocol = "imap", Listen = [new MailListenOptions { Address = Values.EndPoint("127.0.0.1:143") }] };
        server.Tls.Certificate = ["/c.pem"];
        Assert.Null(TlsCertificates.OptionsOf(server));
        using var set = Watch(server);
        Assert.Null(set.For(server));
        server.Tls.Starttls = StarttlsMode.Only;
        Assert.Equal("imap", TlsCertificates.OptionsOf(server)!.ApplicationProtocol);
    }

    private CertificateSet Watch(params ServerOptions[] servers)
    {
        var set = new CertificateSet(Options(servers), _engine);
        _metrics ??= new CertificateMetrics(Metrics.WithCustomRegistry(_registry));
        set.Watch(_metrics, _log, _time);
        return set;
    }

    private void Pass(int days)
    {
        for (var day = 0; day < days; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
            _time.Advance(Look);
        }
    }

    private static MailProxyOptions Options(params ServerOptions[] servers) => new() { Servers = [.. servers] };

    private ServerOptions Server(string certificate, string key)
    {
        Write(certificate);
        Write(key);
        return Linked(certificate, key);
    }

    private ServerOptions Linked(string certificate, string key)
    {
        var server = new ServerOptions { Source = "c:1", Protocol = "imap", Listen = [new MailListenOptions { Address = Values.EndPoint("127.0.0.1:993"), Ssl = true }] };
        (server.Tls.Certificate, server.Tls.CertificateKey) = ([Full(certificate)], [Full(key)]);
        return server;
    }

    private string Full(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, string text = "first one")
    {
        File.WriteAllText(Full(name), text);
        return Full(name);
    }

    private async Task<string> ExportAsync()
    {
        await using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}

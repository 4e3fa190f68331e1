using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>Keys that only root can read, and a process that is root no longer.</summary>
public sealed class AccountTests : IDisposable
{
    private readonly TempDirectory _directory = new("account");
    private readonly int _port = FreePort.Take();

    public AccountTests()
    {
        TestCertificates.WriteTo(_directory.Path);
        Allow(_directory.Path, UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Allow(_directory.Combine("server.pem"), UnixFileMode.OtherRead);
    }

    private string Key => _directory.Combine("server.key");

    private string Mail => $"auth_http 127.0.0.1:1; {TestCertificates.Directives(_directory.Path)} server {{ listen 127.0.0.1:{_port} ssl; protocol imap; }}";

    public void Dispose() => _directory.Dispose();

    [Fact, Trait("Beyond", "nginx")]
    public async Task A_key_of_roots_is_warned_of_and_a_renewed_one_is_used_as_soon_as_the_account_may_read_it()
    {
        File.SetUnixFileMode(Key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var proxy = await ProxyServer.StartAsync(new MailProxyServer { Account = "nobody nogroup" }, Mail);
        var warning = $"user \"nobody\" cannot read \"{Key}\": neither a renewed file nor a reload can be used while that is so";
        await proxy.WaitForLogAsync(warning);
        var test = await ChildProcess.RunAsync(MailProxyServer.Program, "-t", "-c", proxy.ConfigurationFile);
        Assert.Equal(0, test.ExitCode);
        Assert.Contains($"mailproxy: [warn] {warning}", test.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("server.pem\": neither", test.Error + proxy.Log, StringComparison.Ordinal);

        var old = await SerialAsync();
        var serial = TestCertificates.Renew(_directory.Path);
        await proxy.WaitForLogAsync("the certificates that were loaded before stay in use for server in ");
        Assert.Equal(old, await SerialAsync());

        // What the hook in README does.
        _ = (await ChildProcess.RunAsync("/usr/bin/setfacl", "-R", "-m", "u:nobody:rX", _directory.Path)).Succeeded;
        await proxy.WaitForLogAsync("certificates reloaded for server in ");
        Assert.Equal(serial, await SerialAsync());

        Assert.Equal(0, await proxy.EndAsync(Signals.Terminate));
        Assert.DoesNotContain("[alert]", proxy.Log, StringComparison.Ordinal);
    }

    [Fact, Trait("Beyond", "nginx")]
    public async Task What_the_account_can_read_needs_no_word()
    {
        Allow(Key, UnixFileMode.OtherRead);
        await using var proxy = await ProxyServer.StartAsync(new MailProxyServer { Account = "nobody nogroup" }, Mail);
        var test = await ChildProcess.RunAsync(MailProxyServer.Program, "-t", "-c", proxy.ConfigurationFile);
        Assert.DoesNotContain($"cannot read \"{_directory.Path}", test.Error + proxy.Log, StringComparison.Ordinal);
    }

    private async Task<string> SerialAsync()
    {
        using var client = await Peer.ConnectAsync(_port);
        using var certificate = await client.BeginTlsAsync(TestCertificates.ClientOptions());
        return certificate.SerialNumber;
    }

    private static void Allow(string path, UnixFileMode mode) => File.SetUnixFileMode(path, File.GetUnixFileMode(path) | mode);
}

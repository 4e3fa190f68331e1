using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Hostile;

/// <summary>Clients that speak something like TLS, or stop in the middle of it.</summary>
public sealed class TlsTests : IDisposable
{
    /// <summary>The beginning of a ClientHello of 512 bytes.</summary>
    private static readonly byte[] HalfHello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3, .. RandomNumberGenerator.GetBytes(100)];

    private readonly TempDirectory _directory = new("tls");

    public TlsTests() => TestCertificates.WriteTo(_directory.Path);

    // The front's only address; nginx 1.22 reads this too.
    private string Ssl => $"ssl on; {TestCertificates.Directives(_directory.Path)} timeout 2s;";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Random_bytes_are_refused()
    {
        await using var front = await HostileFront.StartAsync(Ssl);
        await front.WithstandAsync(
            async client =>
            {
                await client.SendAsync((ReadOnlyMemory<byte>)RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(1, 4096)));
                await client.ReadToEndAsync();
            },
            crowd: 200);
    }

    [Fact]
    public async Task Handshakes_that_never_go_on_end_with_the_timeout()
    {
        await using var front = await HostileFront.StartAsync(Ssl);
        await front.WithstandAsync(
            async client =>
            {
                await client.SendAsync((ReadOnlyMemory<byte>)HalfHello);
                Assert.Equal("", await client.ReadToEndAsync());
            },
            crowd: 100);
    }

    [Fact]
    public async Task Handshakes_that_break_off_are_forgotten()
    {
        await using var front = await HostileFront.StartAsync(Ssl);
        await front.WithstandAsync(
            async client =>
            {
                await client.SendAsync((ReadOnlyMemory<byte>)HalfHello);
                if (RandomNumberGenerator.GetInt32(2) == 0) client.Reset();
            },
            crowd: 200);
    }

    [Theory]
    [InlineData("17 03 03 FF FF")]
    [InlineData("17 03 03 00 20 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF")]
    [InlineData("16 03 03 00 04 00 00 00 00")]
    [InlineData("41 55 54 48 0D 0A")]
    public async Task Broken_records_behind_a_good_handshake_end_the_session(string record)
    {
        await using var front = await HostileFront.StartAsync(Ssl);
        await front.WithstandAsync(async client =>
        {
            (await client.BeginTlsAsync(TestCertificates.ClientOptions())).Dispose();
            await client.ExpectAsync("+OK POP3 ready");
            await client.Socket.SendAsync(Convert.FromHexString(record.Replace(" ", "", StringComparison.Ordinal)), SocketFlags.None);
            Assert.Equal("", await client.ReadToEndAsync());
        });
    }

    [Fact]
    public async Task A_client_that_speaks_only_what_is_too_old_is_refused()
    {
        await using var front = await HostileFront.StartAsync($"{Ssl} ssl_protocols TLSv1.3;");
        await front.WithstandAsync(client => Assert.ThrowsAnyAsync<AuthenticationException>(() => client.BeginTlsAsync(TestCertificates.ClientOptions())));
    }
}

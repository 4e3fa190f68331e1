using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Scaling;

/// <summary>Real clients that log in and out again through a balancer, by every protocol, for as long as the load lasts.</summary>
internal sealed partial class LoginLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Task _clients;
    private int _logins;
    private int _toldToComeBack;

    public LoginLoad(BalancerServer balancer) => _clients = Task.WhenAll(
    [
        .. Enumerable.Range(0, 2).Select(_ => Task.Run(() => LogInAsync(balancer.Imap, log => new ImapClient(log)))),
        Task.Run(() => LogInAsync(balancer.Pop3, log => new Pop3Client(log))),
        Task.Run(() => LogInAsync(balancer.Smtp, log => new SmtpClient(log))),
    ]);

    /// <summary>How many logins have succeeded.</summary>
    public int Logins => Volatile.Read(ref _logins);

    /// <summary>How many clients were told in their protocol's words to come back.</summary>
    public int ToldToComeBack => Volatile.Read(ref _toldToComeBack);

    /// <summary>What has become of all other clients.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Waits until that many more logins have been tried.</summary>
    public Task WaitForMoreAsync(int count)
    {
        var until = Tries + count;
        return Patience.UntilAsync(() => Tries >= until, () => $"{until} logins, {this}");
    }

    /// <summary>Ends the load with the sessions that it has now.</summary>
    public async Task EndAsync()
    {
        await _over.CancelAsync();
        await _clients.WithinAsync("the end of the load");
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _over.Dispose();
    }

    public override string ToString() => $"{Logins} logins, {ToldToComeBack} clients told to come back, {_failures.Count} failures";

    private int Tries => Logins + ToldToComeBack + _failures.Count;

    private async Task LogInAsync(int port, Func<IProtocolLogger, MailService> create)
    {
        var user = MailFront.NewUser();
        while (!_over.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            using var dialogue = new Dialogue();
            using var client = create(dialogue);
            client.Timeout = (int)Patience.Usual.TotalMilliseconds;
            try
            {
                await client.ConnectAsync("127.0.0.1", port, SecureSocketOptions.None);
                await client.AuthenticateAsync(user, ProxyServer.Secret);
                await client.DisconnectAsync(quit: true);
                Interlocked.Increment(ref _logins);
            }
            catch (Exception exception)
            {
                if (ComeBack().IsMatch(dialogue.LastReply)) Interlocked.Increment(ref _toldToComeBack);
                else _failures.Enqueue($"{client.GetType().Name} after {Stopwatch.GetElapsedTime(began)}: {exception.GetType().Name}: {exception.Message} behind \"{dialogue.LastReply}\"");
            }
        }
    }

    [GeneratedRegex(@"^(\* BYE |\S+ NO \[UNAVAILABLE\] |-ERR \[SYS/TEMP\] |4\d\d 4\.3\.2 )")]
    private static partial Regex ComeBack();

    /// <summary>Remembers what the server has said last.</summary>
    private sealed class Dialogue : IProtocolLogger
    {
        public string LastReply { get; private set; } = "";

        public IAuthenticationSecretDetector? AuthenticationSecretDetector { get; set; }

        public void LogConnect(Uri uri)
        {
        }

        public void LogClient(byte[] buffer, int offset, int count)
        {
        }

        public void LogServer(byte[] buffer, int offset, int count) =>
            LastReply = Encoding.Latin1.GetString(buffer, offset, count).TrimEnd('\r', '\n').Split('\n')[^1];

        public void Dispose()
        {
        }
    }
}

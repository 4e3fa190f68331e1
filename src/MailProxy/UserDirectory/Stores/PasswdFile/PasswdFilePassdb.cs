using System.Text;
using MailProxy.UserDirectory.Passwords;
using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores.PasswdFile;

/// <summary>
/// <c>passdb passwd-file</c>: all in memory. Looks every second whether the file has changed, and reads it beside the
/// logins, which have the old users meanwhile.
/// </summary>
internal sealed class PasswdFilePassdb : StoredPassdb
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IntervalWhileWritten = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly PasswdFileUsers _users;
    private readonly CancellationTokenSource _stop = new();

    public PasswdFilePassdb(PassdbOptions options, PasswordVerifier passwords, TimeProvider time, ILogger log)
        : base(options, passwords, log)
    {
        _time = time;
        _users = new PasswdFileUsers(options.Path, options.Scheme, time, log);
        _ = Task.Run(WatchAsync);
    }

    public override async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        await _users.Tried.WaitAsync(cancellationToken);
        return _users.Failure;
    }

    /// <summary>Waits for nothing that the file system may be slow at: the watch gives the users back.</summary>
    public override async ValueTask DisposeAsync() => await _stop.CancelAsync();

    protected override async ValueTask<PassdbUser?> FindAsync(string login, PassdbQuery query, CancellationToken cancellationToken)
    {
        await _users.Tried.WaitAsync(cancellationToken);
        return _users.Find(Encoding.UTF8.GetBytes(login)) is { } line ? PasswdFileParser.Parse(line, Options.Scheme) : null;
    }

    private async Task WatchAsync()
    {
        using (_users)
        {
            while (!_stop.IsCancellationRequested)
            {
                var interval = _users.Refresh() ? Interval : IntervalWhileWritten;
                await Task.Delay(interval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}

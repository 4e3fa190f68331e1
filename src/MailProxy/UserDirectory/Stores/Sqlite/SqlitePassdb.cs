using MailProxy.UserDirectory.Passwords;
using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores.Sqlite;

/// <summary><c>passdb sqlite</c>: the embedded directory.</summary>
internal sealed class SqlitePassdb : StoredPassdb
{
    private readonly SqliteUsers _users;
    private readonly BoundedWork _reads = new("reads of the database", atOnce: 8, mostWaiting: 4096);
    private volatile bool _isThere;

    public SqlitePassdb(PassdbOptions options, PasswordVerifier passwords, ILogger log)
        : base(options, passwords, log)
    {
        _users = new SqliteUsers(options.Path);
        _reads.Start(threads: 1);
    }

    public override async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => Find(""), cancellationToken);          // a place of its own, not one of the logins'
            return null;
        }
        catch (PassdbException exception)
        {
            return exception.Message;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _reads.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask<PassdbUser?> FindAsync(string login, PassdbQuery query, CancellationToken cancellationToken)
    {
        if (await _reads.RunAsync(() => Find(login), cancellationToken) is not { } user) return null;
        return new PassdbUser { Password = user.Password, Upstream = user.Upstream, Host = user.Host, Port = user.Port, User = user.UpstreamLogin };
    }

    /// <summary>Makes the file once: where it goes away later, nobody must be told that no user is known.</summary>
    private SqliteUser? Find(string login)
    {
        if (!_isThere) _users.Create();
        _isThere = true;
        return _users.Find(login);
    }
}

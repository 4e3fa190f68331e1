using MailProxy.Configuration;
using MailProxy.Connections;
using Microsoft.Extensions.Logging;

namespace MailProxy.Passdb.PasswdFile;

/// <summary><c>passdb passwd-file</c>: all in memory; each login looks whether the file has changed.</summary>
internal sealed class PasswdFilePassdb(PassdbOptions options, PasswordVerifier passwords, ILogger log) : StoredPassdb(options, passwords, log)
{
    private readonly Lock _gate = new();
    private volatile Dictionary<string, PassdbUser>? _users;
    private string _stamp = "";

    public override async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(Refresh, cancellationToken);
            return null;
        }
        catch (PassdbException exception)
        {
            return exception.Message;
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override async ValueTask<PassdbUser?> FindAsync(string login, PassdbQuery query, CancellationToken cancellationToken) =>
        (await Task.Run(Refresh, cancellationToken)).GetValueOrDefault(login);

    /// <summary>Reads the file where it has changed. One that cannot be read leaves the users as they were.</summary>
    private Dictionary<string, PassdbUser> Refresh()
    {
        var path = Options.Path;
        lock (_gate)
        {
            var stamp = FileStamp.Of([path]);
            if (_users is { } known && stamp == _stamp) return known;
            try
            {
                var content = File.ReadAllBytes(path);
                var users = PasswdFileParser.Parse(content, Options.Scheme, (line, reason) => PassdbLog.BrokenLine(Log, path, line, reason));
                PassdbLog.FileRead(Log, path, users.Count);
                _users = users;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (_users is null) throw new PassdbException(exception.Message, exception);
                PassdbLog.FileLost(Log, path, exception.Message);
            }

            _stamp = stamp;
            return _users;
        }
    }
}

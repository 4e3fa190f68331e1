using MailProxy.UserDirectory.Passwords;
using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores.Static;

/// <summary><c>passdb static</c>: knows everybody.</summary>
internal sealed class StaticPassdb(PassdbOptions options, PasswordVerifier passwords, ILogger log) : StoredPassdb(options, passwords, log)
{
    private readonly PassdbUser _everybody = new() { Password = options.Password, NoPassword = options.Password.Length == 0 };

    public override ValueTask<string?> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override ValueTask<PassdbUser?> FindAsync(string login, PassdbQuery query, CancellationToken cancellationToken) => ValueTask.FromResult<PassdbUser?>(_everybody);
}

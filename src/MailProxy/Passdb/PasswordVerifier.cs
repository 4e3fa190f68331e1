using MailProxy.Passdb.Schemes;

namespace MailProxy.Passdb;

/// <summary>Holds passwords against stored ones, a bounded number at once.</summary>
internal sealed class PasswordVerifier(BoundedWork hashes)
{
    /// <summary>Nobody's password, and what costs as much to check as the last one that was checked. The default scheme's until then.</summary>
    private StoredPassword _example = StoredPassword.Example;
    private long _checked;

    /// <summary>How many passwords were hashed.</summary>
    public long Checked => Interlocked.Read(ref _checked);

    /// <param name="stored">The stored password.</param>
    /// <param name="defaultScheme">Its scheme where it names none; empty for crypt(3)'s.</param>
    /// <param name="secret">What the client sent.</param>
    /// <param name="cancellationToken">The client does not wait any longer.</param>
    /// <exception cref="PassdbException">It cannot be checked.</exception>
    public async ValueTask<bool> VerifyAsync(string stored, string defaultScheme, byte[] secret, CancellationToken cancellationToken)
    {
        var password = StoredPassword.Parse(stored, defaultScheme);
        var isGood = await VerifyAsync(password, secret, cancellationToken);
        _example = password;
        return isGood;
    }

    /// <summary>Hashes a password to no end.</summary>
    /// <returns>False where too many wait: then users who exist get no answer either.</returns>
    public async ValueTask<bool> SpendTimeAsync(byte[] secret, CancellationToken cancellationToken)
    {
        try
        {
            await VerifyAsync(_example, secret, cancellationToken);
            return true;
        }
        catch (PassdbException)
        {
            return false;
        }
    }

    /// <summary>The password itself, where it is stored so.</summary>
    /// <exception cref="PassdbException">What is stored cannot be understood.</exception>
    public static byte[]? FindPlain(string? stored, string defaultScheme) =>
        string.IsNullOrEmpty(stored) ? null : StoredPassword.Parse(stored, defaultScheme) is { Scheme: PasswordScheme.Plain } password ? password.Payload : null;

    private ValueTask<bool> VerifyAsync(StoredPassword password, byte[] secret, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _checked);
        return password.IsCheap ? ValueTask.FromResult(password.Matches(secret)) : hashes.RunAsync(() => password.Matches(secret), cancellationToken);
    }
}

using MailProxy.Authentication;

namespace MailProxy.UserDirectory.Passwords;

/// <summary>Holds passwords against stored ones, a bounded number at once.</summary>
internal sealed class PasswordVerifier(BoundedWork hashes) : IDisposable
{
    /// <summary>Nobody's password, and what costs as much to check as the last one that was checked. The default scheme's until then.</summary>
    private StoredPassword _example = StoredPassword.Example;
    private long _checked;

    /// <summary>How many passwords were hashed.</summary>
    public long Checked => Interlocked.Read(ref _checked);

    /// <summary>Makes the threads that hash: later there may be none to be had.</summary>
    public void Start() => hashes.Start();

    /// <summary>Checks the password of a user.</summary>
    /// <param name="stored">The stored password.</param>
    /// <param name="options">The passdb that it is of, which says the scheme of one that names none.</param>
    /// <param name="credentials">What the client sent.</param>
    /// <param name="cancellationToken">The client does not wait any longer.</param>
    /// <exception cref="PassdbException">It cannot be checked: its scheme is unknown, it is malformed, or a thread or memory is not to be had.</exception>
    public async ValueTask<bool> VerifyAsync(string stored, PassdbOptions options, Credentials credentials, CancellationToken cancellationToken)
    {
        var password = Parse(stored, options);
        var isGood = await VerifyAsync(password, credentials.Secret, credentials.Login, cancellationToken);
        _example = password;
        return isGood;
    }

    /// <summary>Hashes a password to no end.</summary>
    /// <returns>False where too many wait: then users who exist get no answer either.</returns>
    public async ValueTask<bool> SpendTimeAsync(byte[] secret, CancellationToken cancellationToken)
    {
        try
        {
            await VerifyAsync(_example, secret, [], cancellationToken);
            return true;
        }
        catch (PassdbException)
        {
            return false;
        }
    }

    /// <summary>The password itself, where it is stored so.</summary>
    /// <exception cref="PassdbException">What is stored cannot be understood.</exception>
    public static byte[]? FindPlain(string? stored, PassdbOptions options) =>
        string.IsNullOrEmpty(stored) ? null : Parse(stored, options) is { Scheme.IsPlain: true } password ? password.Payload : null;

    public void Dispose() => hashes.Dispose();

    private static StoredPassword Parse(string stored, PassdbOptions options) => StoredPassword.Parse(stored, options.Scheme, PasswordScheme.DefaultOf(options.Driver));

    private ValueTask<bool> VerifyAsync(StoredPassword password, byte[] secret, byte[] login, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _checked);
        return password.IsCheap ? ValueTask.FromResult(password.Matches(secret, login)) : hashes.RunAsync(() => password.Matches(secret, login), cancellationToken);
    }
}

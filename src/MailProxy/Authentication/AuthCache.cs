using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace MailProxy.Authentication;

/// <summary>
/// Logins that were let in, for <c>auth_http_cache_valid</c>. In memory only; what they are found by is a keyed hash of all
/// that the answer may depend on, so that the client's password is in no entry.
/// </summary>
internal sealed class AuthCache(TimeSpan validFor, TimeProvider time)
{
    /// <summary>Entries at most; the oldest makes room.</summary>
    public const int Most = 10_000;

    // Known to this process only: what is in a memory dump cannot be tried against passwords without it.
    private static readonly byte[] HashKey = RandomNumberGenerator.GetBytes(32);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<(string Key, Entry Entry)> _ages = new();

    /// <summary>What a login is found by: the request as the first server would get it, and who would be asked.</summary>
    /// <returns>Null for what is not remembered.</returns>
    public static string? KeyOf(AuthRequest request, AuthHttpServers servers)
    {
        if (request.Credentials.Method != AuthMethod.Plain) return null;
        var input = new ArrayBufferWriter<byte>(1024);
        try
        {
            if (AuthHttpRequest.Write(input, servers.All[0].Address.Url, request with { TraceParent = null }) is not null) return null;
            foreach (var url in request.Options.Url) input.Write(Encoding.UTF8.GetBytes(url.Text + "\n"));
            return Convert.ToBase64String(HMACSHA256.HashData(HashKey, input.WrittenSpan));
        }
        finally
        {
            // It holds the password.
            input.Clear();
        }
    }

    /// <returns>The answer as if it had just come; null where it is not known, or too old.</returns>
    public AuthResult? Find(string key, AuthRequest request)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry) || IsOver(entry)) return null;
            return Told(entry.Result with { IsCached = true }, key) with
            {
                UpstreamCredentials = entry.TakesOwnPassword ? new Credentials(AuthMethod.Plain, entry.Result.Login, request.Credentials.Secret) : entry.Result.UpstreamCredentials,
            };
        }
    }

    /// <summary>Remembers a login that was let in.</summary>
    /// <returns>The answer, which can be forgotten again.</returns>
    public AuthResult Add(string key, AuthRequest request, AuthResult result)
    {
        var isOwn = ReferenceEquals(result.UpstreamCredentials?.Secret, request.Credentials.Secret);
        var entry = new Entry(isOwn ? result with { UpstreamCredentials = null } : result, isOwn, time.GetTimestamp());
        lock (_gate)
        {
            while (_ages.TryPeek(out var oldest) && (_ages.Count >= Most || IsOver(oldest.Entry)))
            {
                _ages.Dequeue();
                if (_entries.TryGetValue(oldest.Key, out var known) && ReferenceEquals(known, oldest.Entry)) _entries.Remove(oldest.Key);
            }

            _entries[key] = entry;
            _ages.Enqueue((key, entry));
        }

        return Told(result, key);
    }

    private void Forget(string key)
    {
        lock (_gate) _entries.Remove(key);
    }

    private AuthResult Told(AuthResult result, string key) => result with { Forget = () => Forget(key) };

    private bool IsOver(Entry entry) => time.GetElapsedTime(entry.Since) >= validFor;

    /// <summary>One login.</summary>
    /// <param name="Result">The answer, without the client's own password.</param>
    /// <param name="TakesOwnPassword">Whether the client's own password goes to the upstream.</param>
    /// <param name="Since">When it was let in.</param>
    private sealed record Entry(AuthResult Result, bool TakesOwnPassword, long Since);
}

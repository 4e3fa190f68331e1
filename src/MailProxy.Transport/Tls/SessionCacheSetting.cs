namespace MailProxy.Transport.Tls;

/// <summary>One word of <c>ssl_session_cache</c>.</summary>
/// <param name="Kind">Which cache.</param>
/// <param name="Size">Sessions of <c>builtin</c>, bytes of <c>shared</c>; null for OpenSSL's own number.</param>
/// <param name="Zone">The name of <c>shared</c>.</param>
internal sealed record SessionCacheSetting(SessionCacheKind Kind, int? Size = null, string? Zone = null)
{
    /// <summary>As it is written.</summary>
    public override string ToString() => Kind.ToString().ToLowerInvariant() + (Zone is null ? "" : ":" + Zone) + (Size is { } size ? FormattableString.Invariant($":{size}") : "");
}

/// <summary>What <c>ssl_session_cache</c> knows.</summary>
internal enum SessionCacheKind
{
    /// <summary>No session is resumed, and clients are told so.</summary>
    Off,

    /// <summary>None is kept, and clients are not told.</summary>
    None,

    /// <summary>OpenSSL's own, of one <c>server</c>.</summary>
    Builtin,

    /// <summary>One that several <c>server</c>s share by its name.</summary>
    Shared,
}

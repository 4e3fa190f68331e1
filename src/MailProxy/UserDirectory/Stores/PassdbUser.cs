namespace MailProxy.UserDirectory.Stores;

/// <summary>What a source says about a user. Holds secrets: <see cref="ToString"/> never shows them.</summary>
internal sealed class PassdbUser
{
    /// <summary>The stored password with its <c>{SCHEME}</c>; null or empty where the user has none and cannot log in by one.</summary>
    public string? Password { get; init; }

    /// <summary>Extra field <c>nopassword</c>: any password will do, the upstream decides.</summary>
    public bool NoPassword { get; init; }

    /// <summary>Extra field <c>allow_nets</c>: from where the user may log in; null for everywhere.</summary>
    public AllowedNets? AllowNets { get; init; }

    /// <summary>Extra field <c>upstream</c>: a group, or <c>host:port</c>.</summary>
    public string? Upstream { get; init; }

    /// <summary>Extra field <c>host</c>.</summary>
    public string? Host { get; init; }

    /// <summary>Extra field <c>port</c>.</summary>
    public string? Port { get; init; }

    /// <summary>Extra field <c>user</c>: the login at the upstream.</summary>
    public string? User { get; init; }

    /// <summary>Extra field <c>pass</c>: the password for the upstream.</summary>
    public string? Pass { get; init; }

    public override string ToString() => "user (details withheld)";
}

namespace MailProxy.UserDirectory;

/// <summary>One <c>passdb</c>: where users are, and where their mail is unless they say so themselves. May hold secrets: <see cref="ToString"/> never shows them.</summary>
internal sealed class PassdbOptions
{
    /// <summary>Where the directive stands, <c>FILE:LINE</c>, or its configuration key. For messages only.</summary>
    public string Source { get; set; } = "";

    /// <summary><c>sqlite</c>, <c>passwd-file</c>, <c>pgsql</c>, <c>ldap</c> or <c>static</c>.</summary>
    public string Driver { get; set; } = "";

    /// <summary><c>sqlite</c>, <c>passwd-file</c>: the full path of the file.</summary>
    public string Path { get; set; } = "";

    /// <summary><c>passwd-file</c>, <c>pgsql</c>, parameter <c>scheme</c>: that of passwords without <c>{SCHEME}</c>. Default: what crypt(3) writes as <c>$id$</c>, else <c>CRYPT</c>, for <c>pgsql</c> <c>MD5</c>.</summary>
    public string Scheme { get; set; } = "";

    /// <summary><c>pgsql</c>: the connection string, as Npgsql reads it. A secret.</summary>
    public string Connection { get; set; } = "";

    /// <summary><c>pgsql</c>, parameter <c>query</c>: a SELECT with the parameters <c>@user</c>, <c>@protocol</c> and <c>@client</c>.</summary>
    public string Query { get; set; } = "";

    /// <summary><c>ldap</c>: <c>ldap://</c> or <c>ldaps://</c>, several with spaces between.</summary>
    public string Uri { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>base</c>: below which entry users are searched.</summary>
    public string Base { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>filter</c>: which entry is the user's; <c>%u</c> is the login, <c>%n</c> and <c>%d</c> what stands before and behind its <c>@</c>.</summary>
    public string Filter { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>dn</c>: the name of the user's entry, in place of a search.</summary>
    public string Dn { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>bind_dn</c>: as whom users are searched. Default: as nobody.</summary>
    public string BindDn { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>bind_password</c>. A secret.</summary>
    public string BindPassword { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>starttls</c>. Default off.</summary>
    public bool Starttls { get; set; }

    /// <summary><c>ldap</c>, parameter <c>verify</c>: the server's certificate must be good. Default on.</summary>
    public bool Verify { get; set; } = true;

    /// <summary><c>ldap</c>, parameter <c>ca</c>: the full path of the CA certificates. Default: the system's.</summary>
    public string Ca { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>upstream_attr</c>: the attribute that names the user's group. Default: none.</summary>
    public string UpstreamAttr { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>host_attr</c>: the attribute that names the user's mail server. Default: none.</summary>
    public string HostAttr { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>port_attr</c>: the attribute with its port. Default: none.</summary>
    public string PortAttr { get; set; } = "";

    /// <summary><c>ldap</c>, parameter <c>user_attr</c>: the attribute with the login at the upstream. Default: none.</summary>
    public string UserAttr { get; set; } = "";

    /// <summary><c>static</c>, parameter <c>password</c>: every user's; without <c>{SCHEME}</c> as it stands there, unless it is what crypt(3) writes, <c>$id$…</c>. Empty: any password will do, the upstream decides. A secret.</summary>
    public string Password { get; set; } = "";

    /// <summary>Parameter <c>upstream</c>: the group of users that name none; <c>$protocol</c> stands for <c>imap</c>, <c>pop3</c> or <c>smtp</c>.</summary>
    public string Upstream { get; set; } = "";

    /// <summary>Parameter <c>host</c>: the mail server of users that name none.</summary>
    public string Host { get; set; } = "";

    /// <summary>Parameter <c>port</c>: its port. Default: that of the protocol (143, 110, 25).</summary>
    public int? Port { get; set; }

    /// <summary>Whether it lets in everybody, with any password.</summary>
    internal bool TakesAnyPassword => Driver == "static" && Password.Length == 0;

    /// <inheritdoc/>
    public override string ToString() => $"passdb {Driver} in {Source}";
}

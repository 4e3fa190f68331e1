namespace MailProxy.Configuration.Grammar;

/// <summary>What the arguments of a directive are.</summary>
internal enum DirectiveKind
{
    /// <summary><c>on</c> or <c>off</c>.</summary>
    Flag,

    /// <summary>Decimal digits.</summary>
    Number,

    /// <summary>Bytes, with <c>k</c> or <c>m</c>.</summary>
    Size,

    /// <summary>A time down to milliseconds: no years, no months.</summary>
    Milliseconds,

    /// <summary>A time down to seconds.</summary>
    Seconds,

    /// <summary>One word, any.</summary>
    Text,

    /// <summary>One or more words, any.</summary>
    Words,

    /// <summary>One of the words listed.</summary>
    Choice,

    /// <summary>One or more of the words listed; nginx's bit sets.</summary>
    Choices,

    /// <summary>A name and a value.</summary>
    NameValue,

    /// <summary>A file; relative names start at the directory of the main configuration file.</summary>
    ConfFile,

    /// <summary>A file; relative names start at the prefix.</summary>
    PrefixFile,

    /// <summary>A number of at least 1, or <c>auto</c>.</summary>
    NumberOrAuto,

    /// <summary>An account, and a group.</summary>
    User,

    /// <summary><c>error_log</c>.</summary>
    ErrorLog,

    /// <summary><c>access_log</c>.</summary>
    AccessLog,

    /// <summary><c>log_format</c>.</summary>
    LogFormat,

    /// <summary><c>listen</c>.</summary>
    Listen,

    /// <summary><c>protocol</c>.</summary>
    Protocol,

    /// <summary><c>auth_http</c>.</summary>
    AuthHttp,

    /// <summary><c>proxy_bind</c>.</summary>
    ProxyBind,

    /// <summary><c>proxy_pass</c>.</summary>
    ProxyPass,

    /// <summary><c>server</c> of an <c>upstream</c>.</summary>
    UpstreamServer,

    /// <summary><c>hash</c>.</summary>
    Hash,

    /// <summary><c>least_conn</c>.</summary>
    LeastConn,

    /// <summary><c>random</c>.</summary>
    Random,

    /// <summary><c>health_check</c>.</summary>
    HealthCheck,

    /// <summary><c>zone</c>.</summary>
    Zone,

    /// <summary><c>resolver</c>.</summary>
    Resolver,

    /// <summary><c>set_real_ip_from</c>.</summary>
    RealIp,

    /// <summary><c>ssl_session_cache</c>.</summary>
    SessionCache,

    /// <summary>One word that no message shows, or <c>file:path</c>, where it stands.</summary>
    Secret,

    /// <summary><c>passdb</c>.</summary>
    Passdb,

    /// <summary><c>include</c>.</summary>
    Include,

    /// <summary>A block that is read.</summary>
    Block,

    /// <summary>A block of another nginx module, which is skipped.</summary>
    SkippedBlock,

    /// <summary>Like <see cref="Text"/>, but not behind any block.</summary>
    LoadModule,
}

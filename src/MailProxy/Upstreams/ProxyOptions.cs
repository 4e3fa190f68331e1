using System.Net;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary>What goes to the upstream, and how: directives <c>proxy*</c>.</summary>
internal sealed class ProxyOptions
{
    /// <summary>Directive <c>proxy</c>: <c>off</c> written out closes the server for maintenance; absent (null) or on, it proxies.</summary>
    [Directive<FlagGrammar>("proxy", Default = "on")]
    public bool? Enabled { get; set; }

    /// <summary>Directive <c>proxy_pass</c>: where sessions go that no auth server sends elsewhere. Default none.</summary>
    [Directive<ProxyPassGrammar>("proxy_pass")]
    public UpstreamAddress? Pass { get; set; }

    /// <summary>Directive <c>proxy_connect_timeout</c>: from connecting to the greeting, for one try. Default (null): 10 seconds where another server can be tried, else all that <c>timeout</c> leaves.</summary>
    [Directive<MillisecondsGrammar>("proxy_connect_timeout", Default = "10s where another server can be tried")]
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>Directive <c>proxy_next_upstream</c>: another server of the group is tried where one fails before it has seen credentials. Default on.</summary>
    [Directive<FlagGrammar>("proxy_next_upstream")]
    public bool NextUpstream { get; set; } = true;

    /// <summary>Directive <c>proxy_next_upstream_tries</c>: servers tried for one login, the first included. Default 0: every one.</summary>
    [Directive<NumberGrammar>("proxy_next_upstream_tries")]
    public int NextUpstreamTries { get; set; }

    /// <summary>Directive <c>proxy_next_upstream_timeout</c>: how long after the first try another may begin. Default 0: as long as <c>timeout</c> lets.</summary>
    [Directive<MillisecondsGrammar>("proxy_next_upstream_timeout")]
    public TimeSpan NextUpstreamTimeout { get; set; }

    /// <summary>Directive <c>proxy_bind</c>: the local address that connections to the upstream start from; port 0 leaves the port to the system. Default off (null): the system chooses.</summary>
    [Directive<ProxyBindGrammar>("proxy_bind", Default = "off")]
    public IPEndPoint? Bind { get; set; }

    /// <summary>Directive <c>proxy_buffer</c> in bytes: the buffer from upstream to client, and the most that one reply of the upstream's login may hold. Default 4096, at least 64.</summary>
    [Directive<SizeGrammar>("proxy_buffer", Minimum = 64)]
    public int Buffer { get; set; } = 4096;

    /// <summary>Directive <c>proxy_timeout</c>: time without traffic in either direction after which a relayed session is closed. Default 24 hours.</summary>
    [Directive<MillisecondsGrammar>("proxy_timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Directive <c>proxy_pass_error_message</c>: the client sees the upstream's own refusal of its login. Default off, but on where <see cref="Pass"/> alone decides: nobody else can tell them why.</summary>
    [Directive<FlagGrammar>("proxy_pass_error_message", Default = "off with `auth_http`, on without")]
    public bool PassErrorMessage { get; set; }

    /// <summary>Directive <c>proxy_protocol</c>: the PROXY header for the upstream. Default off.</summary>
    [Directive<ChoiceGrammar>("proxy_protocol", Words = ["off", "on", "v2"])]
    public ProxyProtocolVersion Protocol { get; set; }

    /// <summary>Directive <c>proxy_protocol_version</c>: which header <c>proxy_protocol on</c> means; version 2 is then nginx's, of addresses only. Default 1.</summary>
    [Directive<ChoiceGrammar>("proxy_protocol_version", Words = ["1", "2"])]
    public ProxyProtocolForm ProtocolForm { get; set; }
}

/// <summary>Values of <c>proxy_protocol</c>.</summary>
internal enum ProxyProtocolVersion
{
    /// <summary><c>off</c>: no header.</summary>
    Off,

    /// <summary><c>on</c>: as <see cref="ProxyOptions.ProtocolForm"/> says.</summary>
    On,

    /// <summary><c>v2</c>: version 2, binary, with the client's TLS and a checksum.</summary>
    V2,
}

/// <summary>Values of <c>proxy_protocol_version</c>.</summary>
internal enum ProxyProtocolForm
{
    /// <summary><c>1</c>: text.</summary>
    Text,

    /// <summary><c>2</c>: binary.</summary>
    Binary,
}

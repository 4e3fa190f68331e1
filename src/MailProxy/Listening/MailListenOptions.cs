using System.Net;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Listening;

/// <summary>One address of a <c>listen</c> directive. Named apart from Kestrel's <c>ListenOptions</c>.</summary>
internal sealed record MailListenOptions
{
    private static readonly IPEndPoint Anywhere = new(IPAddress.Any, 0);

    private readonly EndPoint _address = Anywhere;

    /// <summary>Where it listens.</summary>
    public EndPoint Address
    {
        get => _address;
        init => (_address, Text) = (value, NetAddress.ToText(value));
    }

    /// <summary>The address as nginx prints it: <c>127.0.0.1:143</c>, <c>0.0.0.0:143</c>, <c>[::1]:143</c> or <c>unix:/path</c>.</summary>
    public string Text { get; private init; } = "";

    /// <summary>Parameter <c>ssl</c>: TLS from the first byte. Default off.</summary>
    public bool Ssl { get; set; }

    /// <summary>Parameter <c>proxy_protocol</c>: every connection begins with a PROXY header. Default off.</summary>
    public bool ProxyProtocol { get; set; }

    /// <summary>Parameter <c>bind</c>, or any that implies it: a socket of its own even where a wildcard listens on the port. Default off.</summary>
    public bool Bind { get; set; }

    /// <summary>Parameter <c>backlog</c>. Default 511.</summary>
    public int Backlog { get; set; } = 511;

    /// <summary>Parameter <c>rcvbuf</c> in bytes. Default: the system's.</summary>
    public int? Rcvbuf { get; set; }

    /// <summary>Parameter <c>sndbuf</c> in bytes. Default: the system's.</summary>
    public int? Sndbuf { get; set; }

    /// <summary>Parameter <c>ipv6only</c>. Default on.</summary>
    public bool Ipv6Only { get; set; } = true;

    /// <summary>Parameter <c>so_keepalive</c>: null leaves the system's setting.</summary>
    public bool? SoKeepalive { get; set; }

    /// <summary>TCP_KEEPIDLE of <c>so_keepalive</c> in seconds. Default: the system's.</summary>
    public int? KeepaliveIdle { get; set; }

    /// <summary>TCP_KEEPINTVL of <c>so_keepalive</c> in seconds. Default: the system's.</summary>
    public int? KeepaliveInterval { get; set; }

    /// <summary>TCP_KEEPCNT of <c>so_keepalive</c>. Default: the system's.</summary>
    public int? KeepaliveCount { get; set; }

    /// <summary>Parameter <c>multipath</c>: Multipath TCP. Default off.</summary>
    public bool Multipath { get; set; }
}

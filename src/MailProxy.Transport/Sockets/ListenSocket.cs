using System.Net;
using System.Net.Sockets;

namespace MailProxy.Transport.Sockets;

/// <summary>A socket that listens, and its options.</summary>
internal sealed record ListenSocket
{
    /// <summary>An <see cref="IPEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/>. It is what makes two sockets the same one.</summary>
    public required EndPoint EndPoint { get; init; }

    /// <summary>Whether clients reach such a socket by several addresses of ours.</summary>
    public static bool IsWildcard(EndPoint endPoint) => endPoint is IPEndPoint ip && (ip.Address.Equals(IPAddress.Any) || ip.Address.Equals(IPAddress.IPv6Any));

    /// <summary>Connections that wait at most for being accepted. Default 511.</summary>
    public int Backlog { get; init; } = 511;

    /// <summary>SO_RCVBUF in bytes; null leaves the system's setting.</summary>
    public int? ReceiveBuffer { get; init; }

    /// <summary>SO_SNDBUF in bytes; null leaves the system's setting.</summary>
    public int? SendBuffer { get; init; }

    /// <summary>IPV6_V6ONLY: an IPv6 wildcard takes no IPv4 connections. Default true. Cannot change while the socket is open.</summary>
    public bool Ipv6Only { get; init; } = true;

    /// <summary>SO_KEEPALIVE of accepted connections; null leaves the system's setting.</summary>
    public bool? KeepAlive { get; init; }

    /// <summary>TCP_KEEPIDLE in seconds; null leaves the system's setting.</summary>
    public int? KeepAliveIdleSeconds { get; init; }

    /// <summary>TCP_KEEPINTVL in seconds; null leaves the system's setting.</summary>
    public int? KeepAliveIntervalSeconds { get; init; }

    /// <summary>TCP_KEEPCNT; null leaves the system's setting.</summary>
    public int? KeepAliveCount { get; init; }

    /// <summary>Multipath TCP (RFC 8684); Linux only. Default false. Cannot change while the socket is open.</summary>
    public bool Multipath { get; init; }

    /// <summary>The address as log lines name it: <c>192.0.2.1:143</c>, <c>[::1]:143</c>, <c>unix:/path</c>.</summary>
    public string Address => EndPoint is UnixDomainSocketEndPoint ? $"unix:{EndPoint}" : EndPoint.ToString()!;
}

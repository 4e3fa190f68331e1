using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Guards;

/// <summary>How a close comes to its end with a peer that takes nothing any more: the same on both transports, and for both sides of a session.</summary>
internal static class ConnectionClose
{
    /// <summary>How long a close waits until all that is written has left. Then the connection is reset.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static ConnectionAbortedException TooSlow() => new("The peer did not take the last bytes in time.");
}

using System.Globalization;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>Ids of connections, unique in this process and made only when somebody asks.</summary>
internal static class ConnectionIds
{
    private static long _last;

    public static string Next() => Interlocked.Increment(ref _last).ToString("X8", CultureInfo.InvariantCulture);
}

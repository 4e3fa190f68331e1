using System.Data.Common;
using Npgsql;

namespace MailProxy.UserDirectory.Stores.Pgsql;

/// <summary>From the connection string of <c>passdb pgsql</c> to connections, which are made when they are needed.</summary>
internal static class PgsqlSource
{
    private const int TimeoutSeconds = 5;

    /// <param name="connection">The connection string.</param>
    /// <param name="most">How many connections at most. Default: what the string says.</param>
    /// <exception cref="ArgumentException">It makes no sense, and so for the other failures of <see cref="IsFailure"/>.</exception>
    public static NpgsqlDataSource Create(string connection, int? most = null)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(connection);
        var settings = builder.ConnectionStringBuilder;
        var (isTimeout, isCommandTimeout) = Written(connection);
        if (!isTimeout) settings.Timeout = TimeoutSeconds;
        if (!isCommandTimeout) settings.CommandTimeout = TimeoutSeconds;
        if (most is { } count) (settings.MinPoolSize, settings.MaxPoolSize) = (0, count);
        settings.ApplicationName ??= "mailproxy";
        builder.EnableTransportSecurity();
        return builder.Build();
    }

    /// <summary>How long connecting and a query may take together: 5 seconds, unless the string says how long each may.</summary>
    public static TimeSpan LimitOf(string connection)
    {
        var (isTimeout, isCommandTimeout) = Written(connection);
        if (!isTimeout && !isCommandTimeout) return TimeSpan.FromSeconds(TimeoutSeconds);
        var settings = new NpgsqlConnectionStringBuilder(connection);
        var (timeout, commandTimeout) = (isTimeout ? settings.Timeout : TimeoutSeconds, isCommandTimeout ? settings.CommandTimeout : TimeoutSeconds);
        return timeout == 0 || commandTimeout == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(timeout + commandTimeout);
    }

    /// <summary>What Npgsql says of a string that it cannot use.</summary>
    public static bool IsFailure(Exception exception) => exception is ArgumentException or FormatException or DbException or InvalidOperationException or NotSupportedException or OverflowException;

    /// <summary>Npgsql's own builder has every word, written or not.</summary>
    private static (bool Timeout, bool CommandTimeout) Written(string connection)
    {
        var words = new DbConnectionStringBuilder { ConnectionString = connection };
        return (words.ContainsKey("Timeout"), words.ContainsKey("Command Timeout") || words.ContainsKey("CommandTimeout"));
    }
}

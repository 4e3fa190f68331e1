using System.Collections.Concurrent;

namespace MailProxy.UserDirectory.Stores.Ldap;

/// <summary>Open connections of one kind, kept for the next request.</summary>
/// <param name="options">Where to.</param>
/// <param name="time">For their age.</param>
/// <param name="prepare">What a new one begins with, and whoever takes one can rely on.</param>
internal sealed class LdapConnections(PassdbOptions options, TimeProvider time, Action<LdapConnection> prepare) : IDisposable
{
    /// <summary>Firewalls and servers forget connections that are silent.</summary>
    private static readonly TimeSpan MostIdle = TimeSpan.FromMinutes(1);

    private readonly ConcurrentStack<LdapConnection> _idle = new();
    private volatile bool _isDisposed;

    /// <summary>Does something over a connection; once more over a new one where the server has closed an idle one.</summary>
    public T Use<T>(Func<LdapConnection, T> work)
    {
        if (TakeIdle() is { } kept)
        {
            try
            {
                return Use(kept, work);
            }
            catch (LdapException exception) when (exception.Code == LibLdap.ServerDown)
            {
                // It was closed meanwhile.
            }
        }

        return Use(Open(), work);
    }

    public void Dispose()
    {
        _isDisposed = true;
        while (_idle.TryPop(out var connection)) connection.Dispose();
    }

    private T Use<T>(LdapConnection connection, Func<LdapConnection, T> work)
    {
        var isGood = false;
        try
        {
            var result = work(connection);
            isGood = true;
            return result;
        }
        catch (LdapException exception) when (exception.Code > 0)
        {
            isGood = true;                       // the server has answered
            throw;
        }
        finally
        {
            if (isGood && !_isDisposed) Keep(connection);
            else connection.Dispose();
        }
    }

    private void Keep(LdapConnection connection)
    {
        connection.Used = time.GetTimestamp();
        _idle.Push(connection);
    }

    private LdapConnection? TakeIdle()
    {
        while (_idle.TryPop(out var connection))
        {
            if (time.GetElapsedTime(connection.Used) < MostIdle) return connection;
            connection.Dispose();
        }

        return null;
    }

    private LdapConnection Open()
    {
        var connection = new LdapConnection(options);
        try
        {
            prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}

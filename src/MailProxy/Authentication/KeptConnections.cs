using System.IO.Pipelines;
using MailProxy.Transport.Features;
using MailProxy.Transport.Guards;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Authentication;

/// <summary>A connection to an auth server between two questions.</summary>
/// <param name="Connection">Open when it was last looked at.</param>
/// <param name="Unread">Bytes of the last answer's body that are still to come.</param>
internal readonly record struct KeptConnection(ConnectionContext Connection, long Unread);

/// <summary>
/// The idle connections of one event loop to one auth server (<c>auth_http_keepalive</c>), the last used first. One that
/// was idle for a minute, or that the server has ended, is closed within ten seconds.
/// </summary>
internal sealed class KeptConnections(TimeProvider time) : IDisposable
{
    // As keepalive_timeout of nginx's upstreams.
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);

    // Who sends so much of a body that nobody reads may go on for ever.
    private const int MostPieces = 16;

    private readonly Lock _gate = new();
    private readonly List<(KeptConnection Kept, long Since)> _idle = [];
    private ITimer? _sweep;

    /// <summary>Keeps a connection for the next question.</summary>
    /// <param name="connection">Not used by anybody.</param>
    /// <param name="most">How many are kept; the one that was idle longest makes room.</param>
    public void Keep(KeptConnection connection, int most)
    {
        ConnectionContext? tooMany = null;
        lock (_gate)
        {
            if (_idle.Count >= most) tooMany = RemoveAt(0);
            _idle.Add((connection, time.GetTimestamp()));
            // On the loop that the connections live on: its timers fire there.
            _sweep ??= time.CreateTimer(static self => ((KeptConnections)self!).Sweep(), this, SweepEvery, Timeout.InfiniteTimeSpan);
        }

        Close(tooMany);
    }

    /// <summary>
    /// A connection that seems to be open; the server may have ended it all the same. One whose last body has not come whole waits:
    /// where the server has announced too much, the next answer would be taken for the rest of it.
    /// </summary>
    public bool TryTake(out KeptConnection connection)
    {
        List<ConnectionContext> closing = [];
        lock (_gate)
        {
            connection = default;
            for (var i = _idle.Count - 1; i >= 0 && connection.Connection is null; i--)
            {
                if (!Look(i))
                {
                    closing.Add(RemoveAt(i));
                }
                else if (_idle[i].Kept is { Unread: 0 } whole)
                {
                    connection = whole;
                    RemoveAt(i);
                }
            }
        }

        foreach (var broken in closing) Close(broken);
        return connection.Connection is not null;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _sweep?.Dispose();
            while (_idle.Count > 0) Close(RemoveAt(0));
        }
    }

    private void Sweep()
    {
        List<ConnectionContext> closing = [];
        lock (_gate)
        {
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (!Look(i) || time.GetElapsedTime(_idle[i].Since) >= LongestIdle) closing.Add(RemoveAt(i));
            }

            if (_idle.Count > 0)
            {
                _sweep!.Change(SweepEvery, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _sweep!.Dispose();
                _sweep = null;
            }
        }

        foreach (var connection in closing) Close(connection);
    }

    private ConnectionContext RemoveAt(int index)
    {
        var connection = _idle[index].Kept.Connection;
        _idle.RemoveAt(index);
        return connection;
    }

    /// <returns>Whether it is open, and nothing came but the rest of the last body, which is taken off.</returns>
    private bool Look(int index)
    {
        var (kept, since) = _idle[index];
        var isOpen = IsOpen(ref kept);
        _idle[index] = (kept, since);
        return isOpen;
    }

    private static bool IsOpen(ref KeptConnection kept)
    {
        var input = kept.Connection.Transport.Input;
        var socket = kept.Connection.Features.Get<IUnreadInputFeature>();
        try
        {
            for (var pieces = 0; pieces < MostPieces; pieces++)
            {
                if (!input.TryRead(out var result))
                {
                    if (socket is not { HasUnreadInput: true }) return true;
                    var read = input.ReadAsync();
                    if (!read.IsCompleted)
                    {
                        _ = IgnoreAsync(read);
                        return false;              // a part of a TLS record, or nothing that would be one
                    }

                    result = read.GetAwaiter().GetResult();
                }

                var unread = kept.Unread - result.Buffer.Length;
                input.AdvanceTo(result.Buffer.End);
                kept = kept with { Unread = unread };
                if (unread < 0 || result.IsCompleted) return false;
            }
        }
        catch (Exception)
        {
            // Whatever is wrong with one must not end the look at the others.
        }

        return false;
    }

    private static async Task IgnoreAsync(ValueTask<ReadResult> read)
    {
        try
        {
            await read;
        }
        catch (Exception)
        {
            // It ends with the connection, which is closed.
        }
    }

    private static void Close(ConnectionContext? connection)
    {
        if (connection is not null) connection.DisposeAsync().AsTask().Forget("closing a connection to an auth server");
    }
}

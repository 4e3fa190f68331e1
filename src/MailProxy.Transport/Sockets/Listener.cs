using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Guards;

namespace MailProxy.Transport.Sockets;

/// <summary>One open socket and the loop that accepts from it.</summary>
internal sealed class Listener(Socket socket, ListenSocket settings, TimeProvider time) : IDisposable
{
    // As nginx has it: descriptors may be free again by then.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _closing = new();

    /// <summary>The socket's options, as last applied.</summary>
    public ListenSocket Settings { get; private set; } = settings;

    /// <summary>The open socket's descriptor.</summary>
    public int Descriptor => (int)socket.Handle;

    /// <summary>Called before the socket is closed, by whoever accepts from it in its own way.</summary>
    public Action? Closing { get; set; }

    public EndPoint LocalEndPoint { get; } = socket.LocalEndPoint!;

    /// <summary>Whether clients reach it by several addresses of ours.</summary>
    public bool IsWildcard { get; } = ListenSocket.IsWildcard(settings.EndPoint);

    /// <summary>Gives the open socket new options, as far as the kernel allows it.</summary>
    public void Change(ListenSocket wanted)
    {
        if (wanted == Settings) return;
        try
        {
            SocketOpener.SetOptions(socket, wanted);
            if (wanted.Backlog != Settings.Backlog) socket.Listen(wanted.Backlog);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It listens as before, or not any more; a reload must not fail half-way for it.
        }

        Settings = wanted;
    }

    /// <summary>Accepts until the socket is closed. Never throws.</summary>
    /// <param name="accept">How.</param>
    /// <param name="descriptors">How many are left: where few are, clients wait in the kernel.</param>
    /// <param name="deliver">Whom every connection is given to; the next one is accepted when it is taken.</param>
    /// <param name="failed">Told when accepting begins to fail.</param>
    public async Task RunAsync(Func<Socket, ValueTask<Socket>> accept, DescriptorReserve descriptors, Func<Socket, ListenSocket, Task> deliver, Action<ListenException> failed)
    {
        var failing = false;
        while (true)
        {
            try
            {
                var accepted = await accept(socket);
                var low = descriptors.IsLow(accepted);
                await deliver(accepted, Settings);
                if (low && !failing) failed(new ListenException("accept()", Settings.Address, SocketOpener.TooManyOpenFiles));
                failing = low;
                while (low && !_closing.IsCancellationRequested)
                {
                    await PauseAsync();
                    low = descriptors.IsLow();
                }
            }
            catch (Exception exception) when (IsClosed(exception))
            {
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // The client went while it waited; the next one did not.
            }
            catch (SocketException exception)
            {
                if (!failing) failed(new ListenException("accept()", Settings.Address, SocketOpener.Errno(exception), exception));
                failing = true;
                await PauseAsync();
            }
            catch (Exception exception)
            {
                StrayErrors.Report("accepting a connection", exception);
                await PauseAsync();
            }
        }
    }

    public void Dispose()
    {
        _closing.Cancel();
        Closing?.Invoke();
        socket.Dispose();
    }

    private async Task PauseAsync() => await Task.Delay(Pause, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private bool IsClosed(Exception exception) =>
        exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted } || (exception is SocketException && _closing.IsCancellationRequested);
}

using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MailProxy.Observing;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace MailProxy.Authentication;

/// <summary>One request and its answer. The connection is closed as soon as the answer's headers are read, unless both sides keep it.</summary>
/// <param name="connections">Makes connections.</param>
/// <param name="tls">Gives the context for <c>https://</c>.</param>
/// <param name="address">The auth server.</param>
/// <param name="kept">Its idle connections; null where none are kept.</param>
/// <param name="most">How many of them (<c>auth_http_keepalive</c>).</param>
/// <param name="log">The session's log.</param>
internal sealed class AuthHttpExchange(IConnectionFactory connections, Func<TlsClientContext> tls, AuthHttpAddress address, KeptConnections? kept, int most, ILogger log)
{
    private const int ConnectionReset = 104;
    private const int InputOutputError = 5;

    private readonly AuthResponseParser _parser = new();
    private bool _isReused;
    private long _received;

    /// <summary>Whether the server may have closed the connection before it saw the question.</summary>
    private bool MayBeStale => _isReused && _received == 0;

    /// <returns>The answer, or null where there is none that can be used; why is logged.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async ValueTask<AuthResponse?> RunAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        if (kept is not null && kept.TryTake(out var idle))
        {
            _isReused = true;
            var response = await UseAsync(idle, request, cancellationToken);
            if (response is not null || !MayBeStale) return response;
            _isReused = false;
        }

        if (await ConnectAsync(cancellationToken) is not { } connection) return null;
        return await UseAsync(new KeptConnection(connection, Unread: 0), request, cancellationToken);
    }

    private async ValueTask<AuthResponse?> UseAsync(KeptConnection use, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        var (connection, unread) = use;
        AuthResponse? response = null;
        try
        {
            if (address.Url.Secure && !_isReused) await HandshakeAsync(connection, cancellationToken);
            await SendAsync(connection, request, cancellationToken);
            var progress = AuthResponseProgress.Incomplete;
            while (progress == AuthResponseProgress.Incomplete)
            {
                var result = await connection.Transport.Input.ReadAsync(cancellationToken);
                progress = Read(result, ref unread);
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
            }

            if (progress == AuthResponseProgress.Complete) response = _parser.Response;
            else Log(progress);
        }
        catch (TlsException exception)
        {
            AuthLog.HandshakeFailed(log, address.DisplayName, exception.Message);
        }
        // ConnectionAbortedException would pass for a cancellation, though nobody cancelled.
        catch (Exception exception) when (exception is IOException or SocketException or ConnectionAbortedException)
        {
            // A connection that is being torn down by the timer may fail in its own way first.
            cancellationToken.ThrowIfCancellationRequested();
            if (!MayBeStale) LogFailure(exception);
        }
        finally
        {
            // In order, not by a reset that the auth server would log. It does not wait for the peer.
            if (!TryKeep(connection, response)) await connection.DisposeAsync();
        }

        return response;
    }

    private AuthResponseProgress Read(ReadResult result, ref long unread)
    {
        var rest = Math.Min(unread, result.Buffer.Length);
        unread -= rest;
        _received += result.Buffer.Length - rest;
        var progress = _parser.Read(result.Buffer.Slice(rest));
        return progress == AuthResponseProgress.Incomplete && (result.IsCompleted || result.IsCanceled) ? AuthResponseProgress.ClosedEarly : progress;
    }

    private bool TryKeep(ConnectionContext connection, AuthResponse? response)
    {
        if (kept is null || response?.KeptBehindBody is not { } body) return false;
        var unread = body - (_received - _parser.Length);
        if (unread < 0) return false;
        kept.Keep(new KeptConnection(connection, unread), most);
        return true;
    }

    private async ValueTask<ConnectionContext?> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await connections.ConnectAsync(address.EndPoint, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && SocketFailure.Find(exception) is { } error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LogConnectFailure(error);
            return null;
        }
    }

    private async ValueTask HandshakeAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        var feature = connection.Features.Get<ITlsFeature>() ?? throw new InvalidOperationException("This transport has no TLS.");
        var host = address.Url.Host;
        await feature.AuthenticateAsClientAsync(tls(), new TlsTarget(host, SendName: true, SessionKey: host), cancellationToken);
    }

    private static async ValueTask SendAsync(ConnectionContext connection, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        try
        {
            await connection.Transport.Output.WriteAsync(request, cancellationToken);
        }
        catch (IOException)
        {
            // An answer that came before the question may still be there to read; if not, reading says what happened.
        }
    }

    private void Log(AuthResponseProgress progress)
    {
        switch (progress)
        {
            case AuthResponseProgress.InvalidStatusLine: AuthLog.InvalidResponse(log, address.DisplayName); break;
            case AuthResponseProgress.InvalidHeader: AuthLog.InvalidHeader(log, address.DisplayName); break;
            case AuthResponseProgress.TooLong: AuthLog.TooLong(log, address.DisplayName); break;
            case AuthResponseProgress.ClosedEarly when !MayBeStale: AuthLog.ClosedEarly(log, address.DisplayName); break;
        }
    }

    private void LogFailure(Exception exception)
    {
        var errno = SocketFailure.Find(exception) is { } error ? error.NativeErrorCode
            : exception is ConnectionResetException or ConnectionAbortedException ? ConnectionReset : InputOutputError;
        AuthLog.ReceiveFailed(log, errno, ErrorText(errno));
    }

    private void LogConnectFailure(SocketException exception)
    {
        var errno = exception.NativeErrorCode;
        var text = ErrorText(errno);
        // Over TCP nginx learns of these while it waits for the connection, and blames its next system call.
        var learnsLater = address.EndPoint is IPEndPoint
            && exception.SocketErrorCode is SocketError.ConnectionRefused or SocketError.TimedOut or SocketError.HostUnreachable or SocketError.ConnectionReset;
        if (learnsLater) AuthLog.ReceiveFailed(log, errno, text);
        else if (IsUsual(exception.SocketErrorCode)) AuthLog.ConnectFailed(log, address.DisplayName, errno, text);
        else AuthLog.ConnectFailedUnusually(log, address.DisplayName, errno, text);
    }

    // The errors that nginx logs at level error; every other one of connect() is crit there.
    private static bool IsUsual(SocketError error) => error is SocketError.ConnectionRefused or SocketError.WouldBlock
        or SocketError.ConnectionReset or SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable;

    private static string ErrorText(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using MailProxy.Transport;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Authentication;

/// <summary>
/// Asks an auth server in nginx's auth_http protocol: HTTP/1.0, nothing read behind the headers, a new connection for
/// every request unless <c>auth_http_keepalive</c> is set. Of several servers the next is asked where one gives no usable answer. Not <c>HttpClient</c>, which refuses raw 8-bit header values and adds headers of its own.
/// </summary>
internal sealed class AuthHttpClient(IConnectionFactory connections, TimeProvider time) : IAuthenticator, IDisposable
{
    private readonly ConditionalWeakTable<AuthHttpOptions, AuthHttpServers> _servers = [];
    private readonly ConcurrentDictionary<KeptKey, KeptConnections> _kept = new();

    /// <summary>Makes the context for <c>https://</c> when it is first needed. Default: a server's certificate must name it and be good by the system's trust store.</summary>
    public Func<TlsClientContext> CreateTls { get; init; } = static () => TlsEngine.Managed.CreateClientContext(new TlsClientOptions());

    private TlsClientContext Tls => field ??= CreateTls();

    /// <summary>Resolves the auth servers' hosts and keeps the addresses as long as the options live. To be called at load; a login does it where that was not done.</summary>
    /// <exception cref="FormatException">A URL is not one of <c>auth_http</c>'s; the message names it.</exception>
    /// <exception cref="AuthHostException">A host is not known.</exception>
    public async ValueTask<AuthHttpServers> ResolveAsync(AuthHttpOptions options, CancellationToken cancellationToken)
    {
        if (_servers.TryGetValue(options, out var known)) return known;
        var servers = await AuthHttpServers.ResolveAsync(options, time, cancellationToken);
        return _servers.GetValue(options, _ => servers);
    }

    /// <summary>Closes the idle connections.</summary>
    public void Dispose()
    {
        foreach (var kept in _kept.Values) kept.Dispose();
    }

    public async ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        if (await FindServersAsync(request, cancellationToken) is not { } servers) return AuthDecision.Unavailable(request);
        if (servers.Cache is not { } cache || AuthCache.KeyOf(request, servers) is not { } key) return await AskInTurnAsync(request, servers, cancellationToken);
        if (cache.Find(key, request) is { } known)
        {
            AuthLog.Cached(request.Log);
            return known;
        }

        var result = await AskInTurnAsync(request, servers, cancellationToken);
        return result.Status == AuthStatus.Accepted ? cache.Add(key, request, result) : result;
    }

    private async ValueTask<AuthResult> AskInTurnAsync(AuthRequest request, AuthHttpServers servers, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var order = servers.InTurn();
        for (var i = 0; ; i++)
        {
            var server = order[i];
            if (await AskAsync(request, server.Address, TimeFor(request, began, order.Count - i), cancellationToken) is not { } result) return AuthDecision.Unavailable(request);
            var isLast = i + 1 == order.Count;
            if (order.Count > 1) server.Report(hasAnswered: result.Status != AuthStatus.Unavailable);
            if (isLast || result.Status != AuthStatus.Unavailable) return result;
            AuthLog.AsksNext(request.Log, server.Address.DisplayName, order[i + 1].Address.DisplayName);
        }
    }

    /// <summary>Where there are others to ask, none may use up the time of all.</summary>
    private TimeSpan TimeFor(AuthRequest request, long began, int left)
    {
        if (request.Timeout is not { } timeout || request.Options.Url.Count == 1) return request.Options.Timeout;
        var share = (timeout - time.GetElapsedTime(began)) / left;
        return share <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : share < request.Options.Timeout ? share : request.Options.Timeout;
    }

    /// <returns>Null where the request cannot be written, whoever is asked.</returns>
    private async ValueTask<AuthResult?> AskAsync(AuthRequest request, AuthHttpAddress address, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        try
        {
            if (AuthHttpRequest.Write(bytes, address.Url, request) is { } broken)
            {
                AuthLog.RequestRefused(request.Log, broken);
                return null;
            }

            using var limit = new TimeLimit(timeout, time, cancellationToken);
            try
            {
                var keepalive = request.Options.Keepalive;
                var exchange = new AuthHttpExchange(connections, () => Tls, address, keepalive > 0 ? KeptFor(address) : null, keepalive, request.Log);
                var response = await exchange.RunAsync(bytes.WrittenMemory, limit.Token);
                return response is null ? AuthDecision.Unavailable(request) : AuthDecision.Make(request, response, address.DisplayName);
            }
            catch (Exception exception) when (limit.HasExpired && exception is OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                AuthLog.TimedOut(request.Log, address.DisplayName);
                return AuthDecision.Unavailable(request);
            }
        }
        finally
        {
            // The request holds the password.
            bytes.Clear();
        }
    }

    // A connection lives on the loop of the session that made it.
    private KeptConnections KeptFor(AuthHttpAddress address) => _kept.GetOrAdd(
        new KeptKey(MailTransport.CurrentLoop, address.EndPoint, address.Url.Host, address.Url.Secure), static (_, time) => new KeptConnections(time), time);

    private async ValueTask<AuthHttpServers?> FindServersAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await ResolveAsync(request.Options, cancellationToken);
        }
        catch (FormatException exception)
        {
            AuthLog.InvalidUrl(request.Log, exception.Message);
        }
        catch (AuthHostException exception)
        {
            AuthLog.HostNotFound(request.Log, exception.Message);
        }

        return null;
    }

    /// <summary>What a kept connection may be used for, and where.</summary>
    /// <param name="Loop">The event loop; null off the loops.</param>
    /// <param name="EndPoint">The auth server.</param>
    /// <param name="Host">Whom its certificate names.</param>
    /// <param name="Secure">TLS.</param>
    private readonly record struct KeptKey(object? Loop, EndPoint EndPoint, string Host, bool Secure);
}

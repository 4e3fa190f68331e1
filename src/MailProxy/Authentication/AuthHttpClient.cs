using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using MailProxy.Configuration;
using MailProxy.Transport;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Authentication;

/// <summary>
/// Asks an auth server in nginx's auth_http protocol: HTTP/1.0, nothing read behind the headers, a new connection for
/// every request unless <c>auth_http_keepalive</c> is set. Not <c>HttpClient</c>, which refuses raw 8-bit header values and adds headers of its own.
/// </summary>
internal sealed class AuthHttpClient(IConnectionFactory connections, TimeProvider time) : IAuthenticator, IDisposable
{
    private readonly ConditionalWeakTable<AuthHttpOptions, AuthHttpAddress> _addresses = [];
    private readonly ConcurrentDictionary<KeptKey, KeptConnections> _kept = new();

    /// <summary>Makes the context for <c>https://</c> when it is first needed. Default: a server's certificate must name it and be good by the system's trust store.</summary>
    public Func<TlsClientContext> CreateTls { get; init; } = static () => TlsEngine.Managed.CreateClientContext(new TlsClientOptions());

    private TlsClientContext Tls => field ??= CreateTls();

    /// <summary>Resolves the auth server's host and keeps the address as long as the options live. To be called at load; a login does it where that was not done.</summary>
    /// <exception cref="FormatException">The URL is not one of <c>auth_http</c>'s.</exception>
    /// <exception cref="SocketException">The host is not known.</exception>
    public async ValueTask<AuthHttpAddress> ResolveAsync(AuthHttpOptions options, CancellationToken cancellationToken)
    {
        if (_addresses.TryGetValue(options, out var known)) return known;
        var address = await AuthHttpAddress.ResolveAsync(AuthHttpUrl.Parse(options.Url), cancellationToken);
        return _addresses.GetValue(options, _ => address);
    }

    /// <summary>Closes the idle connections.</summary>
    public void Dispose()
    {
        foreach (var kept in _kept.Values) kept.Dispose();
    }

    public async ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        if (await FindAddressAsync(request, cancellationToken) is not { } address) return AuthDecision.Unavailable(request);

        var bytes = new ArrayBufferWriter<byte>(512);
        try
        {
            if (AuthHttpRequest.Write(bytes, address.Url, request) is { } broken)
            {
                AuthLog.RequestRefused(request.Log, broken);
                return AuthDecision.Unavailable(request);
            }

            using var limit = new TimeLimit(request.Options.Timeout, time, cancellationToken);
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

    private async ValueTask<AuthHttpAddress?> FindAddressAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await ResolveAsync(request.Options, cancellationToken);
        }
        catch (FormatException exception)
        {
            AuthLog.InvalidUrl(request.Log, exception.Message, AuthHttpUrl.WithoutPlainScheme(request.Options.Url));
        }
        catch (SocketException)
        {
            AuthLog.HostNotFound(request.Log, AuthHttpUrl.WithoutPlainScheme(request.Options.Url));
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

using System.Net;
using System.Text;
using MailProxy.Configuration;

namespace MailProxy.Authentication;

/// <summary>What becomes of a login.</summary>
public sealed class MailLoginDecision
{
    private readonly Func<AuthRequest, AuthResult> _result;

    private MailLoginDecision(Func<AuthRequest, AuthResult> result) => _result = result;

    /// <summary>The login is good.</summary>
    /// <param name="upstream">Where it goes: the name of an <c>upstream</c>, or <c>host:port</c>. Null: where <c>proxy_pass</c> says.</param>
    /// <param name="user">The login for the upstream; null for the client's own.</param>
    /// <param name="password">The password for the upstream; null for the client's own.</param>
    /// <exception cref="ArgumentException">The upstream's port is no port, or login or password have a CR, LF or NUL.</exception>
    public static MailLoginDecision Accept(string? upstream = null, string? user = null, string? password = null)
    {
        var address = upstream is null ? null : Address(upstream);
        var (newLogin, newSecret) = (Line(user, nameof(user)), Line(password, nameof(password)));
        return new(request =>
        {
            var own = request.Credentials;
            var login = newLogin ?? own.Login;
            var secret = newSecret ?? (own.Method == AuthMethod.Plain ? own.Secret : null);
            return new AuthResult
            {
                Status = AuthStatus.Accepted,
                Proof = ProofCheck.AuthServer,
                Upstream = address ?? request.Pass,
                Login = login,
                HasLogin = newLogin is not null,
                UpstreamCredentials = secret is null ? null : new Credentials(AuthMethod.Plain, login, secret),
            };
        });
    }

    /// <summary>The login is refused, and the connection is closed, as where an auth server says no <c>Auth-Wait</c>.</summary>
    /// <param name="text">What the client is told, on one line.</param>
    /// <exception cref="ArgumentException">The text has a CR, LF or NUL.</exception>
    public static MailLoginDecision Reject(string text = "Invalid login or password")
    {
        var line = Line(text, nameof(text))!;
        return new(request => new AuthResult { Status = AuthStatus.Rejected, Login = request.Credentials.Login, Text = line });
    }

    /// <summary>What the session does.</summary>
    internal AuthResult ResultFor(AuthRequest request) => _result(request);

    private static UpstreamAddress Address(string upstream)
    {
        if (upstream.StartsWith("unix:", StringComparison.OrdinalIgnoreCase) || !upstream.Contains(':')) return new UpstreamAddress(upstream, null);
        var colon = upstream.LastIndexOf(':');
        var host = upstream[..colon].TrimStart('[').TrimEnd(']');
        return host.Length > 0 && ushort.TryParse(upstream.AsSpan(colon + 1), out var port) && port > IPEndPoint.MinPort
            ? new UpstreamAddress(host, port)
            : throw new ArgumentException($"invalid upstream \"{upstream}\"", nameof(upstream));
    }

    private static byte[]? Line(string? text, string name) =>
        text is null ? null
        : text.AsSpan().ContainsAny('\r', '\n', '\0') ? throw new ArgumentException("a CR, LF or NUL cannot be sent", name)
        : Encoding.UTF8.GetBytes(text);
}

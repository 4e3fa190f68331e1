using MailProxy.Configuration;
using MailProxy.Wire;

namespace MailProxy.Authentication;

/// <summary>From an answer's headers to what the session is to do: failure before WAIT before OK.</summary>
internal static class AuthDecision
{
    /// <summary>nginx asks again at once, for ever, when WAIT comes without a time; a second keeps both sides alive.</summary>
    public static readonly TimeSpan WaitWithoutTime = TimeSpan.FromSeconds(1);

    /// <summary>Judges the answer of <paramref name="address"/>; one that cannot be used is logged.</summary>
    public static AuthResult Make(AuthRequest request, AuthResponse response, string address)
    {
        if (response.Decode(request.Options.Encoding) is { } broken)
        {
            AuthLog.InvalidEncoding(request.Log, address, broken);
            return Unavailable(request, response.User);
        }

        var login = response.User ?? request.Credentials.Login;
        if (response.FailureText is { } text)
        {
            return new AuthResult
            {
                Status = AuthStatus.Rejected,
                Login = login,
                HasLogin = response.User is not null,
                Text = text,
                ErrorCode = response.ErrorCode,
                Wait = response.Wait,
                SmtpAuth = response.SmtpAuth,
            };
        }

        if (response.MustWait)
        {
            return new AuthResult
            {
                Status = AuthStatus.Wait,
                Login = login,
                HasLogin = response.User is not null,
                Wait = response.Wait > TimeSpan.Zero ? response.Wait : WaitWithoutTime,
            };
        }

        return Accept(request, response, address, login);
    }

    /// <summary>The result of an exchange that came to nothing.</summary>
    public static AuthResult Unavailable(AuthRequest request, byte[]? login = null) => new()
    {
        Status = AuthStatus.Unavailable,
        Login = login ?? request.Credentials.Login,
        HasLogin = login is not null,
    };

    private static AuthResult Accept(AuthRequest request, AuthResponse response, string address, byte[] login)
    {
        var server = response.ParseServer();
        if (response.Server.Length == 0 || (response.Port.Length == 0 && server is not { IsName: true }))
        {
            AuthLog.NoServerOrPort(request.Log, address);
            return Unavailable(request, response.User);
        }

        var upstreamCredentials = UpstreamCredentials(request, response, login);
        if (upstreamCredentials is null && request.Protocol.UpstreamNeedsPassword)
        {
            AuthLog.NoPassword(request.Log, address);
            return Unavailable(request, response.User);
        }

        if (server is not { } host)
        {
            AuthLog.InvalidServer(request.Log, address, PeerText.ToText(response.Server));
            return Unavailable(request, response.User);
        }

        var port = response.ParsePort();
        if (port is null && response.Port.Length > 0)
        {
            AuthLog.InvalidPort(request.Log, address, PeerText.ToText(response.Port));
            return Unavailable(request, response.User);
        }

        var proxySsl = response.ParseProxySsl();
        if (response.ProxySsl is { } mode && proxySsl is null)
        {
            AuthLog.InvalidProxySsl(request.Log, address, PeerText.ToText(mode));
            return Unavailable(request, response.User);
        }

        return new AuthResult
        {
            Status = AuthStatus.Accepted,
            Proof = ProofCheck.AuthServer,
            Upstream = new UpstreamAddress(host.Name, port),
            Login = login,
            HasLogin = response.User is not null,
            UpstreamCredentials = upstreamCredentials,
            SmtpAuth = response.SmtpAuth,
            ProxySsl = proxySsl,
        };
    }

    /// <summary>A digest is no password: only a plain attempt's own secret, or the answer's, can be used at the upstream.</summary>
    private static Credentials? UpstreamCredentials(AuthRequest request, AuthResponse response, byte[] login)
    {
        var own = request.Credentials.Method == AuthMethod.Plain ? request.Credentials.Secret : null;
        return (response.Password ?? own) is { } password ? new Credentials(AuthMethod.Plain, login, password) : null;
    }
}

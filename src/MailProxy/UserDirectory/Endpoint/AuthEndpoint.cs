using System.Globalization;
using System.Net;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Protocols;
using MailProxy.Upstreams.Routing;
using MailProxy.UserDirectory.Logins;
using MailProxy.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MailProxy.UserDirectory.Endpoint;

/// <summary><c>/auth</c>: the auth_http protocol from the server's side, so that nginx itself, or another MailProxy, can use the users and groups of this one.</summary>
internal sealed class AuthEndpoint(LoginDirectory directory, LoginDecider decider, IUpstreamChoice upstreams, MailProtocols protocols, AuthMetrics metrics)
{
    /// <summary>Makes header values bytes, one for each character: nginx escapes none above 0x20, and takes all.</summary>
    public static void TakeBytes(KestrelServerOptions kestrel)
    {
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
    }

    /// <summary>Answers one request.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        if (!directory.HasUsers)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!AuthEndpointAccess.IsGranted(http, directory.EndpointKey))
        {
            LoginLog.EndpointForbidden(directory.Log, AuthEndpointAccess.PeerText(http));
            await RefuseAsync(http, StatusCodes.Status403Forbidden, AuthEndpointResult.Forbidden, "only with the X-Auth-Key that auth_endpoint_key says, or from loopback where none is set");
            return;
        }

        if (AuthEndpointRequest.Read(http.Request.Headers, protocols, out var request) is { } problem)
        {
            LoginLog.EndpointBadRequest(directory.Log, AuthEndpointAccess.PeerText(http), problem);
            await RefuseAsync(http, StatusCodes.Status400BadRequest, AuthEndpointResult.BadRequest, problem);
            return;
        }

        var facts = request!.Facts;
        var decision = Safe(request, Presentable(facts, await decider.DecideAsync(facts, directory.Log, http.RequestAborted)));
        var (verdict, server) = await ChooseAsync(facts, decision, http.RequestAborted);
        if (server is null) Refuse(http.Response, facts, verdict);
        else Accept(http.Response, facts, decision, server);
        metrics.Answered(ResultOf(verdict)).Inc();
        LoginLog.EndpointAnswered(directory.Log, facts.Protocol.Name, NameOf(facts), Credentials.NameOf(facts.Credentials.Method), request.Client, server?.ToString() ?? LoginRefusal.Text(verdict, facts.Protocol));
    }

    /// <summary>Whoever asks connects there himself, and knows no groups.</summary>
    private async ValueTask<(LoginVerdict Verdict, IPEndPoint? Server)> ChooseAsync(LoginFacts facts, LoginDecision decision, CancellationToken cancellationToken)
    {
        if (decision.Verdict != LoginVerdict.Accepted) return (decision.Verdict, null);
        if (decision.Upstream is not { } upstream)
        {
            LoginLog.EndpointNoServer(directory.Log, NameOf(facts));
            return (LoginVerdict.NoUpstream, null);
        }

        var login = decision.Login ?? facts.Credentials.Login;
        if (await upstreams.ChooseAsync(upstream, login, facts.Client, cancellationToken) is { } server) return (LoginVerdict.Accepted, server);
        LoginLog.EndpointNoUpstream(directory.Log, upstream.ToString(), NameOf(facts));
        return (LoginVerdict.NoUpstream, null);
    }

    /// <summary>
    /// nginx makes of every SMTP login that it is told to let in XCLIENT LOGIN, which vouches for it, unless it has <c>proxy_smtp_auth on</c>.
    /// That cannot be seen from here: where nobody has checked the password, it must be said.
    /// </summary>
    private LoginDecision Safe(AuthEndpointRequest request, LoginDecision decision)
    {
        if (!IsForUpstreamToCheck(request.Facts, decision) || request.LogsInAtUpstream) return decision;
        LoginLog.EndpointUnchecked(directory.Log, NameOf(request.Facts));
        return new LoginDecision(LoginVerdict.Unavailable);
    }

    private static bool IsForUpstreamToCheck(LoginFacts facts, LoginDecision decision) =>
        decision is { Verdict: LoginVerdict.Accepted, Proof: ProofCheck.Nobody } && !facts.Protocol.UpstreamNeedsPassword && facts.Credentials.Method != AuthMethod.None;

    /// <summary>nginx takes values as they are, without the spaces around them: what cannot be said so must not be said otherwise.</summary>
    private LoginDecision Presentable(LoginFacts facts, LoginDecision decision)
    {
        var broken = !IsPresentable(decision.Login) ? "Auth-User" : !IsPresentable(decision.Password) ? "Auth-Pass" : null;
        if (broken is null) return decision;
        LoginLog.EndpointBadValue(directory.Log, NameOf(facts), broken);
        return new LoginDecision(LoginVerdict.Unavailable);
    }

    private static bool IsPresentable(byte[]? value) =>
        value is null || (!value.AsSpan().ContainsAnyInRange((byte)0, (byte)0x1F) && !value.AsSpan().Contains((byte)0x7F) && !value.AsSpan().StartsWith(" "u8) && !value.AsSpan().EndsWith(" "u8));

    private static void Accept(HttpResponse response, LoginFacts facts, LoginDecision decision, IPEndPoint server)
    {
        response.Headers["Auth-Status"] = "OK";
        response.Headers["Auth-Server"] = NginxAddress.ToText(server.Address);
        response.Headers["Auth-Port"] = server.Port.ToString(CultureInfo.InvariantCulture);
        if (IsForUpstreamToCheck(facts, decision)) response.Headers["Auth-SMTP"] = "yes";
        if (decision.Login is { } login) response.Headers["Auth-User"] = Encoding.Latin1.GetString(login);
        if (decision.Password is { } password) response.Headers["Auth-Pass"] = Encoding.Latin1.GetString(password);
    }

    private static void Refuse(HttpResponse response, LoginFacts facts, LoginVerdict verdict)
    {
        response.Headers["Auth-Status"] = LoginRefusal.Text(verdict, facts.Protocol);
        if (facts.Protocol.RefusesWithCode) response.Headers["Auth-Error-Code"] = LoginRefusal.Code(verdict);
        var wait = LoginRefusal.Wait(facts.Attempt);
        if (wait > TimeSpan.Zero) response.Headers["Auth-Wait"] = wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Without any header of the protocol: nginx then knows that it was no answer.</summary>
    private async Task RefuseAsync(HttpContext http, int status, AuthEndpointResult result, string reason)
    {
        metrics.Answered(result).Inc();
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain";
        await http.Response.WriteAsync(reason + "\n", http.RequestAborted);
    }

    private static string NameOf(LoginFacts facts) => PeerText.ToText(facts.Credentials.Method == AuthMethod.None ? facts.Recipient : facts.Credentials.Login);

    private static AuthEndpointResult ResultOf(LoginVerdict verdict) => verdict switch
    {
        LoginVerdict.Accepted => AuthEndpointResult.Ok,
        LoginVerdict.Unavailable or LoginVerdict.NoUpstream => AuthEndpointResult.Unavailable,
        _ => AuthEndpointResult.Rejected,
    };
}

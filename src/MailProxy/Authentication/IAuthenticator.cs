using System.Net;
using MailProxy.Configuration;
using MailProxy.Protocols;
using MailProxy.Tls;
using MailProxy.Transport.Tls;
using MailProxy.Wire.ProxyProtocol;
using Microsoft.Extensions.Logging;

namespace MailProxy.Authentication;

/// <summary>Decides on a login, and to which upstream it goes.</summary>
internal interface IAuthenticator
{
    /// <summary>Asks once. Failures of the exchange are logged to <see cref="AuthRequest.Log"/> and returned as <see cref="AuthStatus.Unavailable"/>.</summary>
    /// <param name="request">All that the answer may depend on.</param>
    /// <param name="cancellationToken">The session is being closed.</param>
    ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken);
}

/// <summary>One login attempt, as the auth server sees it.</summary>
internal sealed record AuthRequest
{
    /// <summary><c>auth_http*</c> of the session's server.</summary>
    public required AuthHttpOptions Options { get; init; }

    /// <summary><c>imap</c>, <c>pop3</c> or <c>smtp</c>.</summary>
    public required MailProtocol Protocol { get; init; }

    public required Credentials Credentials { get; init; }

    /// <summary>1, 2, …: the attempts of this connection.</summary>
    public required int Attempt { get; init; }

    /// <summary>The client, after <c>set_real_ip_from</c>.</summary>
    public required EndPoint Client { get; init; }

    /// <summary>Our own side of the client's connection.</summary>
    public required EndPoint Local { get; init; }

    /// <summary>The connection's number in this process (<c>$connection</c>).</summary>
    public long ConnectionNumber { get; init; }

    /// <summary>The client's name by reverse DNS, <c>[UNAVAILABLE]</c> or <c>[TEMPUNAVAIL]</c>. SMTP only, else null.</summary>
    public string? ClientHost { get; init; }

    /// <summary>The PROXY header's addresses, where it carried some.</summary>
    public ProxyHeader? ProxyHeader { get; init; }

    /// <summary>The client's TLS session; null where its connection is clear.</summary>
    public TlsSession? Tls { get; init; }

    /// <summary>Whether clients are asked for a certificate (<c>ssl_verify_client</c>).</summary>
    public bool AsksForCertificate { get; init; }

    /// <summary>Method none: the HELO argument, the stored MAIL and the stored RCPT command.</summary>
    public SmtpEnvelope? Envelope { get; init; }

    /// <summary>The value of a <c>traceparent</c> header; null where the session is not traced.</summary>
    public string? TraceParent { get; init; }

    /// <summary><c>timeout</c> of the session's server, for all auth servers together. Null: each may take <c>auth_http_timeout</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>proxy_pass</c> of the session's server.</summary>
    public UpstreamAddress? Pass { get; init; }

    /// <summary>The session's log.</summary>
    public required ILogger Log { get; init; }
}

/// <summary>What SMTP without authentication tells the auth server. Raw bytes without CR, LF and NUL.</summary>
internal sealed record SmtpEnvelope(byte[] Helo, byte[] MailFrom, byte[] RcptTo);

/// <summary>What became of an attempt.</summary>
internal enum AuthStatus
{
    /// <summary><see cref="AuthResult.Upstream"/>, login and secret are known.</summary>
    Accepted,

    /// <summary>The client is told <see cref="AuthResult.Text"/>, after <see cref="AuthResult.Wait"/> if it is not zero.</summary>
    Rejected,

    /// <summary>The same attempt is to be asked again after <see cref="AuthResult.Wait"/>.</summary>
    Wait,

    /// <summary>No usable answer: already logged; the client gets the protocol's internal error.</summary>
    Unavailable,
}

/// <summary>Who has found the client's proof, a password, a digest or a certificate, to be good. Only then may another be told who the client is without a proof.</summary>
internal enum ProofCheck
{
    /// <summary>Nobody so far, or there was none: the upstream has to, by the client's own password.</summary>
    Nobody,

    /// <summary>A <c>passdb</c>.</summary>
    Directory,

    /// <summary>The TLS handshake: the login is one that the client's certificate names.</summary>
    Certificate,

    /// <summary>The auth server of <c>auth_http</c>, which answers for what it lets in.</summary>
    AuthServer,
}

/// <summary>The answer to an <see cref="AuthRequest"/>.</summary>
internal sealed record AuthResult
{
    public required AuthStatus Status { get; init; }

    /// <summary>Accepted: who has checked the client's proof.</summary>
    public ProofCheck Proof { get; init; }

    /// <summary>Accepted: where to connect: an address, a host name or a group. Null: where <c>proxy_pass</c> of the session's server says.</summary>
    public UpstreamAddress? Upstream { get; init; }

    /// <summary>The login from now on: the answer's <c>Auth-User</c>, else the request's.</summary>
    public byte[] Login { get; init; } = [];

    /// <summary>The password for the upstream: the answer's <c>Auth-Pass</c>, else a plain attempt's own; null when there is none.</summary>
    public Credentials? UpstreamCredentials { get; init; }

    /// <summary>Whether the answer carried <c>Auth-User</c> (SMTP method none then sends LOGIN= by XCLIENT).</summary>
    public bool HasLogin { get; init; }

    /// <summary>Rejected: the text for the client, verbatim, free of CR, LF and NUL.</summary>
    public byte[] Text { get; init; } = [];

    /// <summary>Rejected: <c>Auth-Error-Code</c>, e.g. <c>451 4.3.0</c>; null when absent.</summary>
    public byte[]? ErrorCode { get; init; }

    /// <summary>Rejected or Wait: <c>Auth-Wait</c>. When absent or 0: zero for Rejected, a second for Wait (nginx would ask again at once, for ever).</summary>
    public TimeSpan Wait { get; init; }

    /// <summary><c>Auth-SMTP</c>: overrides <c>proxy_smtp_auth</c> for this session; null when absent.</summary>
    public bool? SmtpAuth { get; init; }

    /// <summary><c>Auth-Proxy-SSL</c>: overrides <c>proxy_ssl</c> for this session; null when absent.</summary>
    public ProxyTlsMode? ProxySsl { get; init; }

    /// <summary>Whether nobody was asked this time (<c>auth_http_cache_valid</c>).</summary>
    public bool IsCached { get; init; }

    /// <summary>To be called where the upstream refuses the login: it is not to be let in unasked again. Null where it would not be.</summary>
    public Action? Forget { get; init; }

    public override string ToString() => $"{Status} (details withheld)";
}

using System.Net;
using MailProxy.Authentication;
using MailProxy.Protocols;

namespace MailProxy.UserDirectory.Logins;

/// <summary>What is known of a login that the users of <c>passdb</c> decide on, whoever asks: a session of ours, or another proxy at <c>/auth</c>.</summary>
internal sealed record LoginFacts
{
    public required Credentials Credentials { get; init; }

    public required MailProtocol Protocol { get; init; }

    /// <summary>1, 2, …: the attempts of this connection.</summary>
    public required int Attempt { get; init; }

    /// <summary>The client's address; null where it has none.</summary>
    public IPAddress? Client { get; init; }

    /// <summary>The certificate that the client has shown; null without one, and where it is not good.</summary>
    public LoginCertificate? Certificate { get; init; }

    /// <summary>Method none: the whole RCPT command.</summary>
    public byte[] Recipient { get; init; } = [];

    /// <summary>The same for a session of ours.</summary>
    public static LoginFacts Of(AuthRequest request) => new()
    {
        Credentials = request.Credentials,
        Protocol = request.Protocol,
        Attempt = request.Attempt,
        Client = (request.Client as IPEndPoint)?.Address,
        Certificate = request.AsksForCertificate && request.Tls is { Verification.IsGood: true } tls && tls.ReadPeerCertificate() is { } shown ? new LoginCertificate(shown.Subject, shown.Pem) : null,
        Recipient = request.Envelope?.RcptTo ?? [],
    };
}

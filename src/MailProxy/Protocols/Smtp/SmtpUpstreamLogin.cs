using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using MailProxy.Wire.Smtp;

namespace MailProxy.Protocols.Smtp;

/// <summary>What the upstream may learn of the client.</summary>
/// <param name="Helo">The argument of its HELO or EHLO; empty when it sent none.</param>
/// <param name="UsedEhlo">Whether it ever sent EHLO.</param>
/// <param name="Envelope">MAIL and RCPT where nobody authenticates; null otherwise.</param>
/// <param name="Host">Its name by reverse DNS.</param>
/// <param name="Address">Its address.</param>
/// <param name="Local">The address that it connected to.</param>
internal sealed record SmtpClientFacts(byte[] Helo, bool UsedEhlo, SmtpEnvelope? Envelope, string Host, EndPoint Address, EndPoint Local);

/// <summary>EHLO, XCLIENT, the client's EHLO, then AUTH or the stored MAIL and RCPT: what of it the configuration asks for.</summary>
internal sealed class SmtpUpstreamLogin(ServerOptions server, SmtpClientFacts client, AuthResult result, Action xclientNotOffered) : IUpstreamLogin
{
    // RFC 4954, section 4: a longer initial response has a line of its own.
    private const int LongestCommand = 512;

    /// <summary>A password that nobody has checked is for the upstream to check, whatever the configuration says: XCLIENT LOGIN would vouch for it.</summary>
    private bool SmtpAuth => result.Proof == ProofCheck.Nobody || (result.SmtpAuth ?? server.SmtpUpstream.SmtpAuth);

    private bool WillAuthenticate => client.Envelope is null && SmtpAuth;

    public async ValueTask<byte[]> LoginAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        await upstream.ExpectAsync(SmtpReply.Length, static reply => SmtpReply.Code(reply) == 220, UpstreamError.Unavailable, cancellationToken);
        if (upstream.NeedsStarttls) await StartTlsAsync(upstream, cancellationToken);
        // Only the answer to EHLO says which AUTH is taken.
        var isHelo = !server.SmtpUpstream.Xclient && !client.UsedEhlo && !WillAuthenticate;
        var offer = await GreetAsync(upstream, isHelo ? "HELO "u8.ToArray() : "EHLO "u8.ToArray(), cancellationToken);
        if (server.SmtpUpstream.Xclient) offer = await IntroduceClientAsync(upstream, offer, cancellationToken);
        if (WillAuthenticate)
        {
            await AuthenticateAsync(upstream, offer, cancellationToken);
            return SmtpReplies.LoggedIn;
        }

        upstream.BeginCredentials();
        return client.Envelope is { } envelope ? await SendEnvelopeAsync(upstream, envelope, cancellationToken) : SmtpReplies.LoggedIn;
    }

    private async ValueTask<byte[]> GreetAsync(UpstreamDialogue upstream, byte[] hello, CancellationToken cancellationToken)
    {
        upstream.Output.Text(hello).Text(server.ServerName).End();
        await upstream.SendAsync(SessionAction.SendingHelo, cancellationToken);
        return await ExpectAsync(upstream, 250, 250, cancellationToken);
    }

    private static ValueTask<byte[]> ExpectAsync(UpstreamDialogue upstream, int code, int orCode, CancellationToken cancellationToken) =>
        upstream.ExpectAsync(SmtpReply.Length, reply => SmtpReply.Code(reply) is var actual && (actual == code || actual == orCode), UpstreamError.Unexpected, cancellationToken);

    /// <summary>RFC 3207: behind EHLO, and what the upstream offers must be asked for again afterwards.</summary>
    private async ValueTask StartTlsAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        await GreetAsync(upstream, "EHLO "u8.ToArray(), cancellationToken);
        upstream.Output.Text("STARTTLS"u8).End();
        await upstream.StartTlsAsync(SmtpReply.Length, static reply => SmtpReply.Code(reply) == 220, cancellationToken);
    }

    /// <returns>What the upstream offers from then on.</returns>
    private async ValueTask<byte[]> IntroduceClientAsync(UpstreamDialogue upstream, byte[] offer, CancellationToken cancellationToken)
    {
        var attributes = Xclient.ParseOffer(offer);
        if (!attributes.HasFlag(XclientAttributes.Offered))
        {
            // Nothing has begun anew, so there is nothing to greet again: some take a second EHLO for an error (OpenSMTPD's 503).
            xclientNotOffered();
            return offer;
        }

        upstream.BeginCredentials();
        WriteXclient(upstream.Output, attributes);
        await upstream.SendAsync(SessionAction.SendingXclient, cancellationToken);
        await ExpectAsync(upstream, 220, 250, cancellationToken);
        if (client.Helo.Length == 0) return WillAuthenticate ? await GreetAsync(upstream, "EHLO "u8.ToArray(), cancellationToken) : offer;
        upstream.Output.Text(client.UsedEhlo || WillAuthenticate ? "EHLO "u8 : "HELO "u8).Value(client.Helo).End();
        await upstream.SendAsync(SessionAction.SendingClientHelo, cancellationToken);
        return await ExpectAsync(upstream, 250, 250, cancellationToken);
    }

    /// <summary>nginx's ADDR, LOGIN and NAME; the others only where the upstream lists them, in the order of nginx's old documentation.</summary>
    private void WriteXclient(ReplyWriter output, XclientAttributes offer)
    {
        output.Text("XCLIENT"u8);
        if (offer.HasFlag(XclientAttributes.Proto)) output.Text(client.UsedEhlo ? " PROTO=ESMTP"u8 : " PROTO=SMTP"u8);
        if (offer.HasFlag(XclientAttributes.Helo) && client.Helo.Length > 0) output.Text(" HELO="u8).Xtext(client.Helo);
        output.Text(" ADDR="u8).Text(AddressOf(client.Address));
        var login = client.Envelope is null || result.HasLogin ? result.Login : [];
        if (login.Length > 0 && !SmtpAuth) output.Text(" LOGIN="u8).Xtext(login);
        output.Text(" NAME="u8).Xtext(Encoding.UTF8.GetBytes(client.Host));
        if (offer.HasFlag(XclientAttributes.Port) && client.Address is IPEndPoint peer) output.Text(" PORT="u8).Number(peer.Port);
        if (offer.HasFlag(XclientAttributes.DestAddr)) output.Text(" DESTADDR="u8).Text(AddressOf(client.Local));
        if (offer.HasFlag(XclientAttributes.DestPort) && client.Local is IPEndPoint local) output.Text(" DESTPORT="u8).Number(local.Port);
        output.End();
    }

    private static string AddressOf(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip => $"IPV6:{new IPAddress(ip.Address.GetAddressBytes())}",
        IPEndPoint ip => ip.Address.ToString(),
        _ => "unix:",
    };

    private static async ValueTask<byte[]> SendEnvelopeAsync(UpstreamDialogue upstream, SmtpEnvelope envelope, CancellationToken cancellationToken)
    {
        upstream.Output.Value(envelope.MailFrom).End();
        await upstream.SendAsync(SessionAction.SendingMailFrom, cancellationToken);
        var reply = await upstream.ReadReplyAsync(SmtpReply.Length, cancellationToken);
        if (SmtpReply.Code(reply) != 250) throw MailRefusal(reply);
        upstream.Output.Value(envelope.RcptTo).End();
        await upstream.SendAsync(SessionAction.SendingRcptTo, cancellationToken);
        return await upstream.ExpectAsync(SmtpReply.Length, static reply => SmtpReply.Code(reply) != 0, UpstreamError.Unexpected, cancellationToken);
    }

    private async ValueTask AuthenticateAsync(UpstreamDialogue upstream, byte[] offer, CancellationToken cancellationToken)
    {
        if (result.UpstreamCredentials is not { } credentials) throw new UpstreamException(UpstreamError.NoPassword);
        if (credentials.Login.Contains((byte)0) || credentials.Secret.Contains((byte)0)) throw new UpstreamException(UpstreamError.UnsafeCredentials);
        if (SmtpReply.OffersAuth(offer, "PLAIN"u8)) await SendPlainAsync(upstream, [0, .. credentials.Login, 0, .. credentials.Secret], cancellationToken);
        else if (SmtpReply.OffersAuth(offer, "LOGIN"u8)) await SendLoginAsync(upstream, credentials, cancellationToken);
        else throw new UpstreamException(UpstreamError.LoginNotOffered) { Missing = Missing(offer) };
    }

    private static async ValueTask SendPlainAsync(UpstreamDialogue upstream, byte[] message, CancellationToken cancellationToken)
    {
        if ("AUTH PLAIN \r\n".Length + Base64.GetMaxEncodedToUtf8Length(message.Length) <= LongestCommand)
        {
            upstream.BeginCredentials();
            upstream.Output.Text("AUTH PLAIN "u8).Base64(message).End();
        }
        else
        {
            upstream.Output.Text("AUTH PLAIN"u8).End();
            await AuthAsync(upstream, 334, cancellationToken);
            upstream.BeginCredentials();
            upstream.Output.Base64(message).End();
        }

        await AuthAsync(upstream, 235, cancellationToken);
    }

    private static async ValueTask SendLoginAsync(UpstreamDialogue upstream, Credentials credentials, CancellationToken cancellationToken)
    {
        upstream.Output.Text("AUTH LOGIN"u8).End();
        await AuthAsync(upstream, 334, cancellationToken);
        upstream.BeginCredentials();
        upstream.Output.Base64(credentials.Login).End();
        await AuthAsync(upstream, 334, cancellationToken);
        upstream.Output.Base64(credentials.Secret).End();
        await AuthAsync(upstream, 235, cancellationToken);
    }

    private static async ValueTask AuthAsync(UpstreamDialogue upstream, int expected, CancellationToken cancellationToken)
    {
        await upstream.SendAsync(SessionAction.SendingAuth, cancellationToken);
        var reply = await upstream.ReadReplyAsync(SmtpReply.Length, cancellationToken);
        if (SmtpReply.Code(reply) != expected) throw AuthRefusal(reply);
    }

    /// <summary>RFC 4954's refusals, RFC 5248's, and the 55x of those who have none of them. Any other code, like 503 or 504, answers what we have made of the login.</summary>
    private static UpstreamException AuthRefusal(byte[] reply) => SmtpReply.Code(reply) switch
    {
        525 or 534 or 535 or >= 550 and < 560 => new UpstreamException(UpstreamError.Refused, reply) { IsAnswer = true },
        421 => new UpstreamException(UpstreamError.Unavailable, reply),
        >= 400 and < 500 => new UpstreamException(UpstreamError.Unavailable, reply) { IsAnswer = true },
        _ => new UpstreamException(UpstreamError.Unexpected, reply),
    };

    /// <summary>MAIL is the client's own, and what is said of it is; but for the order of commands, which is ours, and a goodbye.</summary>
    private static UpstreamException MailRefusal(byte[] reply) => SmtpReply.Code(reply) switch
    {
        421 => new UpstreamException(UpstreamError.Unavailable, reply),
        503 => new UpstreamException(UpstreamError.Unexpected, reply),
        >= 400 and < 500 => new UpstreamException(UpstreamError.Unavailable, reply) { IsAnswer = true },
        >= 500 and < 600 => new UpstreamException(UpstreamError.Refused, reply) { IsAnswer = true },
        _ => new UpstreamException(UpstreamError.Unexpected, reply),
    };

    private static string Missing(byte[] offer) =>
        "offers neither AUTH PLAIN nor AUTH LOGIN" + (SmtpReply.TryFindExtension(offer, "STARTTLS"u8, out _) ? " (is \"proxy_ssl starttls\" missing?)" : "");
}

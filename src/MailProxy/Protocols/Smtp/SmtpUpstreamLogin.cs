using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Diagnostics;
using MailProxy.Upstream;
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
    /// <summary>A password that nobody has checked is for the upstream to check, whatever the configuration says: XCLIENT LOGIN would vouch for it.</summary>
    private bool SmtpAuth => result.Proof == ProofCheck.Nobody || (result.SmtpAuth ?? server.Proxy.SmtpAuth);

    public async ValueTask<byte[]> LoginAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        await ExpectAsync(upstream, 220, 220, cancellationToken);
        if (upstream.NeedsStarttls) await StartTlsAsync(upstream, cancellationToken);
        var hello = !server.Proxy.Xclient && !client.UsedEhlo ? "HELO "u8.ToArray() : "EHLO "u8.ToArray();
        var offer = await GreetAsync(upstream, hello, cancellationToken);
        if (server.Proxy.Xclient) await IntroduceClientAsync(upstream, Xclient.ParseOffer(offer), cancellationToken);
        upstream.BeginCredentials();
        if (client.Envelope is { } envelope) return await SendEnvelopeAsync(upstream, envelope, cancellationToken);
        if (SmtpAuth) await AuthenticateAsync(upstream, cancellationToken);
        return SmtpReplies.LoggedIn;
    }

    private static ValueTask<byte[]> ExpectAsync(UpstreamDialogue upstream, int code, int orCode, CancellationToken cancellationToken) =>
        upstream.ExpectAsync(SmtpReply.IsComplete, reply => SmtpReply.Code(reply) is var actual && (actual == code || actual == orCode), cancellationToken);

    private async ValueTask<byte[]> GreetAsync(UpstreamDialogue upstream, byte[] hello, CancellationToken cancellationToken)
    {
        upstream.Output.Text(hello).Text(server.ServerName).End();
        await upstream.SendAsync(SessionAction.SendingHelo, cancellationToken);
        return await ExpectAsync(upstream, 250, 250, cancellationToken);
    }

    /// <summary>RFC 3207: behind EHLO, and what the upstream offers must be asked for again afterwards.</summary>
    private async ValueTask StartTlsAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        await GreetAsync(upstream, "EHLO "u8.ToArray(), cancellationToken);
        upstream.Output.Text("STARTTLS"u8).End();
        await upstream.StartTlsAsync(SmtpReply.Length, static reply => SmtpReply.Code(reply) == 220, cancellationToken);
    }

    private async ValueTask IntroduceClientAsync(UpstreamDialogue upstream, XclientAttributes offer, CancellationToken cancellationToken)
    {
        if (offer.HasFlag(XclientAttributes.Offered))
        {
            upstream.BeginCredentials();
            WriteXclient(upstream.Output, offer);
            await upstream.SendAsync(SessionAction.SendingXclient, cancellationToken);
            await ExpectAsync(upstream, 220, 250, cancellationToken);
        }
        else
        {
            xclientNotOffered();
        }

        if (client.Helo.Length == 0) return;
        upstream.Output.Text(client.UsedEhlo ? "EHLO "u8 : "HELO "u8).Value(client.Helo).End();
        await upstream.SendAsync(SessionAction.SendingClientHelo, cancellationToken);
        await ExpectAsync(upstream, 250, 250, cancellationToken);
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
        await ExpectAsync(upstream, 250, 250, cancellationToken);
        upstream.Output.Value(envelope.RcptTo).End();
        await upstream.SendAsync(SessionAction.SendingRcptTo, cancellationToken);
        return await upstream.ReadReplyAsync(SmtpReply.IsComplete, cancellationToken);
    }

    private async ValueTask AuthenticateAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        if (result.UpstreamCredentials is not { } credentials) throw new UpstreamException(UpstreamError.NoPassword);
        if (credentials.Login.Contains((byte)0) || credentials.Secret.Contains((byte)0)) throw new UpstreamException(UpstreamError.UnsafeCredentials);
        upstream.Output.Text("AUTH PLAIN "u8).Base64([0, .. credentials.Login, 0, .. credentials.Secret]).End();
        await upstream.SendAsync(SessionAction.SendingAuth, cancellationToken);
        await ExpectAsync(upstream, 235, 235, cancellationToken);
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;
using MailProxy.Observing;
using MailProxy.Wire;

namespace MailProxy.Authentication;

/// <summary>The HTTP request for an <see cref="AuthRequest"/>, byte for byte nginx's.</summary>
internal static class AuthHttpRequest
{
    /// <summary>Writes the whole request.</summary>
    /// <returns>Null, or the name of the header whose value has CR, LF or NUL; what was written is then to be thrown away.</returns>
    public static string? Write(IBufferWriter<byte> output, AuthHttpUrl url, AuthRequest request)
    {
        var uri = Encoding.UTF8.GetBytes(url.RequestUri);
        if (!ReplyWriter.IsSafe(uri)) return "GET";
        output.Write("GET "u8);
        output.Write(uri);
        output.Write(" HTTP/1.0\r\n"u8);

        var broken = WriteLogin(output, url, request) ?? WriteClient(output, request) ?? WriteTls(output, request) ?? WriteConfigured(output, request);
        if (broken is null) output.Write("\r\n"u8);
        return broken;
    }

    private static string? WriteLogin(IBufferWriter<byte> output, AuthHttpUrl url, AuthRequest request)
    {
        var credentials = request.Credentials;
        if (!AuthHeaders.TryWrite(output, "Host"u8, url.HostHeader)) return "Host";
        if (request.Options.Keepalive > 0) AuthHeaders.TryWrite(output, "Connection"u8, "keep-alive"u8);
        AuthHeaders.TryWrite(output, "Auth-Method"u8, Credentials.NameOf(credentials.Method));
        AuthHeaders.WriteEncoded(output, "Auth-User"u8, credentials.Login, request.Options.Encoding);
        AuthHeaders.WriteEncoded(output, "Auth-Pass"u8, credentials.Secret, request.Options.Encoding);
        var hasSalt = credentials.Method is AuthMethod.Apop or AuthMethod.CramMd5;
        if (hasSalt && !AuthHeaders.TryWrite(output, "Auth-Salt"u8, credentials.Salt)) return "Auth-Salt";
        if (!AuthHeaders.TryWrite(output, "Auth-Protocol"u8, request.Protocol.Name)) return "Auth-Protocol";
        AuthHeaders.TryWrite(output, "Auth-Login-Attempt"u8, request.Attempt.ToString(CultureInfo.InvariantCulture));
        return null;
    }

    private static string? WriteClient(IBufferWriter<byte> output, AuthRequest request)
    {
        AuthHeaders.TryWrite(output, "Client-IP"u8, NginxAddress.WithoutPort(request.Client));
        if (request.ClientHost is { } host && !AuthHeaders.TryWrite(output, "Client-Host"u8, host)) return "Client-Host";
        if (request.ProxyHeader is { } proxy)
        {
            AuthHeaders.TryWrite(output, "Proxy-Protocol-Addr"u8, NginxAddress.ToText(proxy.Source.Address));
            AuthHeaders.TryWrite(output, "Proxy-Protocol-Port"u8, proxy.Source.Port.ToString(CultureInfo.InvariantCulture));
            AuthHeaders.TryWrite(output, "Proxy-Protocol-Server-Addr"u8, NginxAddress.ToText(proxy.Destination.Address));
            AuthHeaders.TryWrite(output, "Proxy-Protocol-Server-Port"u8, proxy.Destination.Port.ToString(CultureInfo.InvariantCulture));
        }

        if (request.Credentials.Method != AuthMethod.None || request.Envelope is not { } envelope) return null;
        if (!AuthHeaders.TryWrite(output, "Auth-SMTP-Helo"u8, envelope.Helo)) return "Auth-SMTP-Helo";
        if (!AuthHeaders.TryWrite(output, "Auth-SMTP-From"u8, envelope.MailFrom)) return "Auth-SMTP-From";
        return AuthHeaders.TryWrite(output, "Auth-SMTP-To"u8, envelope.RcptTo) ? null : "Auth-SMTP-To";
    }

    private static string? WriteTls(IBufferWriter<byte> output, AuthRequest request)
    {
        if (request.Tls is not { } tls) return null;
        AuthHeaders.TryWrite(output, "Auth-SSL"u8, "on"u8);
        var broken = WriteFilled(output, "Auth-SSL-Protocol", tls.Protocol) ?? WriteFilled(output, "Auth-SSL-Cipher", tls.Cipher);
        if (!request.AsksForCertificate || broken is not null) return broken;

        var certificate = tls.ReadPeerCertificate();
        var verdict = certificate is null ? "NONE" : tls.Verification.IsGood ? "SUCCESS" : $"FAILED:{tls.Verification.Text}";
        broken = WriteFilled(output, "Auth-SSL-Verify", verdict);
        if (certificate is null || broken is not null) return broken;
        broken = WriteFilled(output, "Auth-SSL-Subject", certificate.Subject) ?? WriteFilled(output, "Auth-SSL-Issuer", certificate.Issuer)
            ?? WriteFilled(output, "Auth-SSL-Serial", certificate.Serial) ?? WriteFilled(output, "Auth-SSL-Fingerprint", certificate.Fingerprint);
        if (broken is null && request.Options.PassClientCert) AuthHeaders.WriteEscaped(output, "Auth-SSL-Cert"u8, Encoding.ASCII.GetBytes(certificate.Pem));
        return broken;
    }

    /// <summary>A header with an empty value is left out.</summary>
    /// <returns>The header's name where its value would break out of the line.</returns>
    private static string? WriteFilled(IBufferWriter<byte> output, string name, string value) =>
        value.Length == 0 || AuthHeaders.TryWrite(output, Encoding.ASCII.GetBytes(name), value) ? null : name;

    private static string? WriteConfigured(IBufferWriter<byte> output, AuthRequest request)
    {
        if (request.TraceParent is { } parent) AuthHeaders.TryWrite(output, "traceparent"u8, parent);
        foreach (var header in request.Options.Headers)
        {
            var value = AuthHttpVariables.Expand(header.Value, request);
            if (!AuthHeaders.TryWrite(output, Encoding.UTF8.GetBytes(header.Name), value)) return "auth_http_header";
        }

        return null;
    }
}

using System.Globalization;
using System.Net;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Protocols;
using MailProxy.UserDirectory.Logins;
using MailProxy.Wire;
using Microsoft.AspNetCore.Http;

namespace MailProxy.UserDirectory.Endpoint;

/// <summary>The headers of an auth_http request, read.</summary>
/// <param name="Facts">What the decision depends on.</param>
/// <param name="Client">The client and how it came, for the log.</param>
/// <param name="LogsInAtUpstream">Whether who asks has said that it logs in at SMTP upstreams by the client's password (<c>X-Auth-SMTP: yes</c>).</param>
internal sealed record AuthEndpointRequest(LoginFacts Facts, string Client, bool LogsInAtUpstream)
{
    /// <summary>Not nginx's own: <c>auth_http_header</c> adds it. Like <c>Auth-SMTP</c> of the answer, which nginx knows from 1.31.7 on.</summary>
    internal const string SmtpAuthHeader = "X-Auth-SMTP";

    private static readonly string[] Known =
    [
        "Auth-Method", "Auth-User", "Auth-Pass", "Auth-Salt", "Auth-Protocol", "Auth-Login-Attempt", "Client-IP", "Client-Host",
        "Proxy-Protocol-Addr", "Proxy-Protocol-Port", "Auth-SMTP-Helo", "Auth-SMTP-From", "Auth-SMTP-To",
        SmtpAuthHeader, "Auth-SSL", "Auth-SSL-Protocol", "Auth-SSL-Cipher", "Auth-SSL-Verify", "Auth-SSL-Subject", "Auth-SSL-Cert",
    ];

    /// <summary>Reads the headers. Values are bytes, one for each character.</summary>
    /// <returns>Null, or what is wrong with them.</returns>
    public static string? Read(IHeaderDictionary headers, MailProtocols protocols, out AuthEndpointRequest? request)
    {
        request = null;
        if (Array.Find(Known, name => headers[name].Count > 1) is { } repeated) return $"{repeated} is there more than once";
        if (ReadMethod(Text(headers, "Auth-Method")) is not { } method) return "Auth-Method is missing or not known";
        if (protocols.Find(Text(headers, "Auth-Protocol").ToLowerInvariant()) is not { } protocol) return "Auth-Protocol is missing or not known";
        if (method == AuthMethod.None && !protocol.AllowsNone) return $"Auth-Method \"none\" is not for {protocol.Name}";
        if (!TryReadAttempt(Text(headers, "Auth-Login-Attempt"), out var attempt)) return "Auth-Login-Attempt is no number";
        var salt = Bytes(headers, "Auth-Salt");
        if (method is AuthMethod.Apop or AuthMethod.CramMd5 && salt.Length == 0) return "Auth-Salt is missing";

        var facts = new LoginFacts
        {
            Credentials = new Credentials(method, AuthHeaders.Unescape(Bytes(headers, "Auth-User")), AuthHeaders.Unescape(Bytes(headers, "Auth-Pass")), salt.Length > 0 ? salt : null),
            Protocol = protocol,
            Attempt = attempt,
            Client = IPAddress.TryParse(Text(headers, "Client-IP"), out var address) ? address : null,
            Certificate = ReadCertificate(headers),
            Recipient = Bytes(headers, "Auth-SMTP-To"),
        };
        request = new AuthEndpointRequest(facts, Describe(headers), Text(headers, SmtpAuthHeader).Equals("yes", StringComparison.OrdinalIgnoreCase));
        return null;
    }

    private static AuthMethod? ReadMethod(string name)
    {
        foreach (var method in Enum.GetValues<AuthMethod>())
        {
            // LOGIN has a name of its own with some askers; the proof is the same.
            if (name.Equals(Credentials.NameOf(method), StringComparison.OrdinalIgnoreCase)) return method;
        }

        return name.Equals("login", StringComparison.OrdinalIgnoreCase) ? AuthMethod.Plain : null;
    }

    private static bool TryReadAttempt(string text, out int attempt)
    {
        attempt = 1;
        return text.Length == 0 || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out attempt);
    }

    /// <summary>Only a certificate that was found good is one.</summary>
    private static LoginCertificate? ReadCertificate(IHeaderDictionary headers)
    {
        if (Text(headers, "Auth-SSL-Verify") != "SUCCESS") return null;
        var pem = AuthHeaders.Unescape(Bytes(headers, "Auth-SSL-Cert"));
        return new LoginCertificate(Encoding.UTF8.GetString(Bytes(headers, "Auth-SSL-Subject")), pem.Length > 0 ? Encoding.ASCII.GetString(pem) : null);
    }

    private static string Describe(IHeaderDictionary headers)
    {
        var text = new StringBuilder(Shown(headers, "Client-IP") is { Length: > 0 } address ? address : "not named");
        if (Shown(headers, "Client-Host") is { Length: > 0 } name) text.Append(CultureInfo.InvariantCulture, $" ({name})");
        if (Shown(headers, "Proxy-Protocol-Addr") is { Length: > 0 } proxied) text.Append(CultureInfo.InvariantCulture, $", PROXY {proxied}:{Shown(headers, "Proxy-Protocol-Port")}");
        if (Shown(headers, "Auth-SSL-Protocol") is { Length: > 0 } tls) text.Append(CultureInfo.InvariantCulture, $", {tls} {Shown(headers, "Auth-SSL-Cipher")}");
        if (Shown(headers, "Auth-SMTP-Helo") is { Length: > 0 } helo) text.Append(CultureInfo.InvariantCulture, $", HELO {helo}, {Shown(headers, "Auth-SMTP-From")}");
        return text.ToString();
    }

    private static string Shown(IHeaderDictionary headers, string name) => PeerText.ToText(Bytes(headers, name));

    private static string Text(IHeaderDictionary headers, string name) => headers[name] is [{ } value] ? value : "";

    private static byte[] Bytes(IHeaderDictionary headers, string name) => Encoding.Latin1.GetBytes(Text(headers, name));
}

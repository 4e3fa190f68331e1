using MailProxy.Tls;
using MailProxy.Wire;

namespace MailProxy.Protocols.Smtp;

/// <summary>Every text that the SMTP side says of its own accord.</summary>
internal static class SmtpReplies
{
    public static readonly byte[] Prompt = "334 "u8.ToArray();

    public static readonly byte[] LoggedIn = "235 2.0.0 OK\r\n"u8.ToArray();

    private static readonly (string Method, string Mechanism)[] Mechanisms =
        [("plain", " PLAIN"), ("login", " LOGIN"), ("cram-md5", " CRAM-MD5"), ("external", " EXTERNAL")];

    public static void Greeting(ReplyWriter output, string serverName) => output.Text("220 "u8).Text(serverName).Text(" ESMTP ready"u8).End();

    public static void Helo(ReplyWriter output, string serverName) => output.Text("250 "u8).Text(serverName).End();

    /// <param name="output">Where to.</param>
    /// <param name="serverName">Who we are.</param>
    /// <param name="options">What the server offers.</param>
    /// <param name="startTls">What <c>starttls</c> says to this client.</param>
    public static void Ehlo(ReplyWriter output, string serverName, SmtpOptions options, StarttlsMode startTls)
    {
        var hasAuth = startTls != StarttlsMode.Only && Mechanisms.Any(pair => options.Auth.Contains(pair.Method));
        var hasStartTls = startTls != StarttlsMode.Off;
        var left = options.Capabilities.Count + (hasAuth ? 1 : 0) + (hasStartTls ? 1 : 0);
        output.Text(left > 0 ? "250-"u8 : "250 "u8).Text(serverName).End();
        foreach (var capability in options.Capabilities) output.Text(--left > 0 ? "250-"u8 : "250 "u8).Text(capability).End();
        if (hasAuth)
        {
            output.Text(hasStartTls ? "250-AUTH"u8 : "250 AUTH"u8);
            foreach (var (method, mechanism) in Mechanisms)
            {
                if (options.Auth.Contains(method)) output.Text(mechanism);
            }

            output.End();
        }

        if (hasStartTls) output.Text("250 STARTTLS"u8).End();
    }

    public static void StartTls(ReplyWriter output) => output.Text("220 2.0.0 Start TLS"u8).End();

    public static void Ok(ReplyWriter output) => output.Text("250 2.0.0 OK"u8).End();

    public static void Bye(ReplyWriter output) => output.Text("221 2.0.0 Bye"u8).End();

    public static void Invalid(ReplyWriter output) => output.Text("500 5.5.1 Invalid command"u8).End();

    public static void InvalidArgument(ReplyWriter output) => output.Text("501 5.5.4 Invalid argument"u8).End();

    /// <summary>To a <c>*</c> in place of a response: RFC 4954, section 4, wants 501.</summary>
    public static void Cancelled(ReplyWriter output) => output.Text("501 5.7.0 Authentication cancelled"u8).End();

    public static void BadSequence(ReplyWriter output) => output.Text("503 5.5.1 Bad sequence of commands"u8).End();

    public static void ImproperPipelining(ReplyWriter output) => output.Text("503 5.5.0 Improper use of SMTP command pipelining"u8).End();

    public static void AuthRequired(ReplyWriter output) => output.Text("530 5.7.1 Authentication required"u8).End();

    public static void BadCertificate(ReplyWriter output) => output.Text("421 4.7.1 SSL certificate error"u8).End();

    public static void NoCertificate(ReplyWriter output) => output.Text("421 4.7.1 No required SSL certificate"u8).End();

    public static void Unavailable(ReplyWriter output) => output.Text("451 4.3.2 Temporary server problem, try again later"u8).End();

    public static void InternalError(ReplyWriter output) => output.Text("451 4.3.2 Internal server error"u8).End();

    /// <param name="output">Where to.</param>
    /// <param name="code">The auth server's <c>Auth-Error-Code</c>; null: <c>535 5.7.0</c>.</param>
    /// <param name="text">The auth server's <c>Auth-Status</c>.</param>
    public static void AuthFailure(ReplyWriter output, byte[]? code, ReadOnlySpan<byte> text) =>
        output.Value(code ?? "535 5.7.0"u8).Text(" "u8).Value(text).End();

    public static void ComeBack(ReplyWriter output, string serverName) =>
        output.Text("421 4.3.2 "u8).Text(serverName).Text(" try again later"u8).End();
}

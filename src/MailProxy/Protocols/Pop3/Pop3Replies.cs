using MailProxy.Tls;
using MailProxy.Wire;

namespace MailProxy.Protocols.Pop3;

/// <summary>Every text that the POP3 side says of its own accord.</summary>
internal static class Pop3Replies
{
    public static readonly byte[] Prompt = "+ "u8.ToArray();

    /// <param name="output">Where to.</param>
    /// <param name="challenge">APOP's timestamp; null where neither APOP nor CRAM-MD5 is enabled.</param>
    public static void Greeting(ReplyWriter output, string? challenge)
    {
        output.Text("+OK POP3 ready"u8);
        if (challenge is not null) output.Text(" "u8).Text(challenge);
        output.End();
    }

    public static void Ok(ReplyWriter output) => output.Text("+OK"u8).End();

    public static void Invalid(ReplyWriter output) => output.Text("-ERR invalid command"u8).End();

    /// <summary>nginx's words, with the code of RFC 3206: without it clients ask for another password.</summary>
    public static void InternalError(ReplyWriter output) => output.Text("-ERR [SYS/TEMP] internal server error"u8).End();

    public static void Unavailable(ReplyWriter output) => output.Text("-ERR [SYS/TEMP] Temporary server problem, try again later"u8).End();

    public static void AuthFailure(ReplyWriter output, ReadOnlySpan<byte> text) => output.Text("-ERR "u8).Value(text).End();

    public static void ComeBack(ReplyWriter output) => output.Text("-ERR [SYS/TEMP] try again later"u8).End();

    public static void BadCertificate(ReplyWriter output) => output.Text("-ERR SSL certificate error"u8).End();

    public static void NoCertificate(ReplyWriter output) => output.Text("-ERR No required SSL certificate"u8).End();

    /// <param name="output">Where to.</param>
    /// <param name="options">What the server offers.</param>
    /// <param name="startTls">What <c>starttls</c> says to this client.</param>
    public static void Capabilities(ReplyWriter output, Pop3Options options, StarttlsMode startTls)
    {
        output.Text("+OK Capability list follows"u8).End();
        var mustStartTls = startTls == StarttlsMode.Only;
        foreach (var capability in options.Capabilities)
        {
            if (!mustStartTls || !capability.Equals("USER", StringComparison.OrdinalIgnoreCase)) output.Text(capability).End();
        }

        if (!mustStartTls)
        {
            output.Text("SASL"u8);
            foreach (var mechanism in Mechanisms(options)) output.Text(" "u8).Text(mechanism);
            output.End();
        }

        if (startTls != StarttlsMode.Off) output.Text("STLS"u8).End();
        output.Text("."u8).End();
    }

    public static void AuthMethods(ReplyWriter output, Pop3Options options)
    {
        output.Text("+OK methods supported:"u8).End();
        foreach (var mechanism in Mechanisms(options)) output.Text(mechanism).End();
        output.Text("."u8).End();
    }

    private static IEnumerable<string> Mechanisms(Pop3Options options)
    {
        if (options.Auth.Contains("plain"))
        {
            yield return "PLAIN";
            yield return "LOGIN";
        }

        if (options.Auth.Contains("cram-md5")) yield return "CRAM-MD5";
        if (options.Auth.Contains("external")) yield return "EXTERNAL";
    }
}

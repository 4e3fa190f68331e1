using MailProxy.Tls;
using MailProxy.Wire;

namespace MailProxy.Protocols.Imap;

/// <summary>Every text that the IMAP side says of its own accord.</summary>
internal static class ImapReplies
{
    public static readonly byte[] Prompt = "+ "u8.ToArray();

    public static void Greeting(ReplyWriter output) => output.Text("* OK IMAP4 ready"u8).End();

    public static void Completed(ReplyWriter output, ReadOnlySpan<byte> tag) => output.Value(tag).Text(" OK completed"u8).End();

    /// <summary>The answer to ID: we do not say who we are.</summary>
    public static void Id(ReplyWriter output) => output.Text("* ID NIL"u8).End();

    public static void Bye(ReplyWriter output) => output.Text("* BYE"u8).End();

    public static void LiteralWelcome(ReplyWriter output) => output.Text("+ OK"u8).End();

    /// <param name="output">Where to.</param>
    /// <param name="tag">Empty when none could be parsed.</param>
    public static void Invalid(ReplyWriter output, ReadOnlySpan<byte> tag) => output.Value(tag.IsEmpty ? "*"u8 : tag).Text(" BAD invalid command"u8).End();

    /// <summary>nginx's words, in an answer: nginx says <c>* BAD</c>, and the tag never gets one.</summary>
    public static void InternalError(ReplyWriter output, ReadOnlySpan<byte> tag) => output.Value(tag).Text(" NO [UNAVAILABLE] internal server error"u8).End();

    public static void Unavailable(ReplyWriter output, ReadOnlySpan<byte> tag) => output.Value(tag).Text(" NO [UNAVAILABLE] Temporary server problem, try again later"u8).End();

    public static void AuthFailure(ReplyWriter output, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> text) => output.Value(tag).Text(" NO "u8).Value(text).End();

    public static void ComeBack(ReplyWriter output) => output.Text("* BYE [UNAVAILABLE] try again later"u8).End();

    public static void BadCertificate(ReplyWriter output) => output.Text("* BYE SSL certificate error"u8).End();

    public static void NoCertificate(ReplyWriter output) => output.Text("* BYE No required SSL certificate"u8).End();

    /// <param name="output">Where to.</param>
    /// <param name="options">What the server offers.</param>
    /// <param name="startTls">What <c>starttls</c> says to this client.</param>
    public static void Capability(ReplyWriter output, ImapOptions options, StarttlsMode startTls)
    {
        output.Text("* CAPABILITY"u8);
        foreach (var capability in options.Capabilities) output.Text(" "u8).Text(capability);
        foreach (var (method, capability) in AuthCapabilities)
        {
            if (startTls != StarttlsMode.Only && options.Auth.Contains(method)) output.Text(capability);
        }

        if (startTls != StarttlsMode.Off) output.Text(" STARTTLS"u8);
        if (startTls == StarttlsMode.Only) output.Text(" LOGINDISABLED"u8);
        output.End();
    }

    private static readonly (string Method, string Capability)[] AuthCapabilities =
        [("plain", " AUTH=PLAIN"), ("login", " AUTH=LOGIN"), ("cram-md5", " AUTH=CRAM-MD5"), ("external", " AUTH=EXTERNAL")];
}

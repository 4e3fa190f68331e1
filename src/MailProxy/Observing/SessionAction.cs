namespace MailProxy.Observing;

/// <summary>nginx's words for what a session is doing, the <c> while …</c> part of its log lines.</summary>
internal static class SessionAction
{
    public const string ReadingProxyProtocol = "reading PROXY protocol";
    public const string Handshaking = "SSL handshaking";
    public const string ResolvingClientAddress = "in resolving client address";
    public const string ResolvingClientHostname = "in resolving client hostname";
    public const string SendingGreeting = "sending client greeting line";
    public const string DelayingGreeting = "in delay pipelining state";
    public const string Authenticating = "in auth state";
    public const string StartingTls = "in starttls state";
    public const string AskingAuthHttp = "in http auth state";
    public const string ConnectingToUpstream = "connecting to upstream";
    public const string SendingProxyHeader = "sending PROXY protocol header to upstream";
    public const string HandshakingToUpstream = "SSL handshaking to upstream";
    public const string SendingStarttls = "sending STARTTLS to upstream";
    public const string SendingUser = "sending user name to upstream";
    public const string SendingPassword = "sending password to upstream";
    public const string SendingLogin = "sending LOGIN command to upstream";
    public const string SendingCapability = "sending CAPABILITY command to upstream";
    public const string SendingHelo = "sending HELO/EHLO to upstream";
    public const string SendingXclient = "sending XCLIENT to upstream";
    public const string SendingClientHelo = "sending client HELO/EHLO to upstream";
    public const string SendingAuth = "sending AUTH to upstream";
    public const string SendingMailFrom = "sending MAIL FROM to upstream";
    public const string SendingRcptTo = "sending RCPT TO to upstream";
    public const string CheckingHealth = "checking health of upstream";
    public const string ReadingUpstream = "reading response from upstream";
    public const string Proxying = "proxying";
    public const string ReadingClient = "proxying and reading from client";
    public const string ReadingFromUpstream = "proxying and reading from upstream";
    public const string SendingToClient = "proxying and sending to client";
    public const string SendingToUpstream = "proxying and sending to upstream";
}

using MailProxy.Configuration;
using MailProxy.Protocols.Imap;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;

namespace MailProxy.Tests.Sessions;

/// <summary>What the three protocols say alike, each in its own words: for rules that are common to all.</summary>
internal sealed record Dialect
{
    private static readonly Dialect[] All =
    [
        new()
        {
            Protocol = "imap",
            Greeting = "S: * OK IMAP4 ready\n",
            Auth = "a AUTHENTICATE",
            Prompt = "+ ",
            Invalid = "S: a BAD invalid command\n",
            Error = "C: b X\nS: b BAD invalid command\n",
            Noop = "C: b NOOP\nS: b OK completed\n",
            StartTls = "C: b STARTTLS\nS: b OK completed\n",
            BadCertificate = "S: * BYE SSL certificate error\nS: <close>\n",
            NoCertificate = "S: * BYE No required SSL certificate\nS: <close>\n",
            Upstream = "U> * OK hi\nU< a LOGIN {4}\nU> + go\nU< user {4}\nU> + go\nU< pass\nU> a OK in\nS: a OK in\n",
            Failure = "a NO ",
            InternalError = "S: a NO [UNAVAILABLE] internal server error\nS: <close>\n",
            ComeBack = "S: * BYE [UNAVAILABLE] try again later\nS: <close>\n",
        },
        new()
        {
            Protocol = "pop3",
            Greeting = "S: +OK POP3 ready**\n",
            Auth = "AUTH",
            Prompt = "+ ",
            Invalid = "S: -ERR invalid command\n",
            Error = "C: XXXX\nS: -ERR invalid command\n",
            Noop = "C: NOOP\nS: +OK\n",
            StartTls = "C: STLS\nS: +OK\n",
            BadCertificate = "S: -ERR SSL certificate error\nS: <close>\n",
            NoCertificate = "S: -ERR No required SSL certificate\nS: <close>\n",
            Upstream = "U> +OK hi\nU< USER user\nU> +OK\nU< PASS pass\nU> +OK in\nS: +OK in\n",
            Failure = "-ERR ",
            InternalError = "S: -ERR [SYS/TEMP] internal server error\nS: <close>\n",
            ComeBack = "S: -ERR [SYS/TEMP] try again later\nS: <close>\n",
        },
        new()
        {
            Protocol = "smtp",
            Greeting = "S: 220 mx.test ESMTP ready\n",
            Auth = "AUTH",
            Prompt = "334 ",
            Invalid = "S: 500 5.5.1 Invalid command\n",
            Error = "C: XXXX\nS: 500 5.5.1 Invalid command\n",
            Noop = "C: NOOP\nS: 250 2.0.0 OK\n",
            StartTls = "C: STARTTLS\nS: 220 2.0.0 Start TLS\n",
            BadCertificate = "S: 421 4.7.1 SSL certificate error\nS: <close>\n",
            NoCertificate = "S: 421 4.7.1 No required SSL certificate\nS: <close>\n",
            Upstream = "U> 220 up\nU< EHLO mx.test\nU> 250-up\nU> 250 AUTH PLAIN LOGIN\nS: 235 2.0.0 OK\n",
            Failure = "535 5.7.0 ",
            InternalError = "S: 451 4.3.2 Internal server error\nS: <close>\n",
            ComeBack = "S: 421 4.3.2 mx.test try again later\nS: <close>\n",
        },
    ];

    public static string[] Names => [.. All.Select(dialect => dialect.Protocol)];

    public static TheoryData<string> Protocols => [.. Names];

    public required string Protocol { get; init; }

    public required string Greeting { get; init; }

    /// <summary>The command that begins a SASL exchange, under the tag a.</summary>
    public required string Auth { get; init; }

    public required string Prompt { get; init; }

    /// <summary>The answer to a command that is not allowed.</summary>
    public required string Invalid { get; init; }

    /// <summary>A line that cannot be parsed, and its answer.</summary>
    public required string Error { get; init; }

    public required string Noop { get; init; }

    /// <summary>STARTTLS and the go-ahead.</summary>
    public required string StartTls { get; init; }

    public required string BadCertificate { get; init; }

    public required string NoCertificate { get; init; }

    /// <summary>The login of user and pass at an upstream, up to the client's answer.</summary>
    public required string Upstream { get; init; }

    /// <summary>What comes before the text of a refusal.</summary>
    public required string Failure { get; init; }

    public required string InternalError { get; init; }

    public required string ComeBack { get; init; }

    /// <summary>Logs user in with the password pass.</summary>
    public string Login => $"C: {Auth} PLAIN AHVzZXIAcGFzcw==\n";

    public static Dialect Of(string protocol) => All.Single(dialect => dialect.Protocol == protocol);

    public static void Enable(ServerOptions server, params string[] methods) => server.Imap.Auth = server.Pop3.Auth = server.Smtp.Auth = methods;
}

using System.Net;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Tests.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.Authentication;

/// <summary>Login attempts for tests. The password must never turn up in a log.</summary>
internal static class Attempts
{
    public const string Secret = "s3cr3t-pa55";

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static AuthRequest Make(
        ILogger log,
        string url = "127.0.0.1/a",
        string protocol = "imap",
        AuthMethod method = AuthMethod.Plain,
        string login = "u",
        string secret = Secret,
        string? salt = null,
        TimeSpan? timeout = null,
        string? clientHost = null,
        SmtpEnvelope? envelope = null,
        int keepalive = 0,
        AuthHttpEncoding encoding = AuthHttpEncoding.Nginx,
        TimeSpan cacheValid = default,
        TimeSpan? overall = null,
        params (string Name, string Value)[] headers) => new()
        {
            Options = new AuthHttpOptions
            {
                Url = Values.Urls(url.Split(' ')),
                Keepalive = keepalive,
                Encoding = encoding,
                CacheValid = cacheValid,
                Timeout = timeout ?? TimeSpan.FromSeconds(60),
                Headers = [.. headers.Select(header => new NameValueOptions { Name = header.Name, Value = header.Value })],
            },
            Protocol = Values.Protocol(protocol),
            Credentials = new Credentials(method, Bytes(login), Bytes(secret), salt is null ? null : Bytes(salt)),
            Attempt = 1,
            Client = new IPEndPoint(IPAddress.Loopback, 51438),
            Local = new IPEndPoint(IPAddress.Parse("127.0.0.2"), 31143),
            ConnectionNumber = 42,
            ClientHost = clientHost,
            Envelope = envelope,
            Timeout = overall,
            Log = log,
        };

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}

using CsCheck;
using MailProxy.Authentication;

namespace MailProxy.Tests.Authentication;

/// <summary><c>auth_http_encoding</c>.</summary>
public sealed class AuthHttpEncodingTests
{
    private readonly RecordingLogger _log = new();

    [Theory]
    [InlineData(AuthHttpEncoding.Nginx, "u\u00e9+%20%25", "a/~%00")]
    [InlineData(AuthHttpEncoding.Full, "u%E9%2B%20%25", "a%2F~%00")]
    [InlineData(AuthHttpEncoding.Base64, "dekrICU=", "YS9+AA==")]
    public async Task Login_and_password_are_written_as_the_directive_says(object encoding, string user, string password)
    {
        await using var server = RawAuthServer.Answering(RawAuthServer.Accept);
        await AskAsync(Attempts.Make(_log, url: $"127.0.0.1:{server.Port}", login: "u\u00e9+ %", secret: "a/~\0", encoding: (AuthHttpEncoding)encoding));
        Assert.Contains($"\r\nAuth-User: {user}\r\nAuth-Pass: {password}\r\nAuth-Protocol", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AuthHttpEncoding.Nginx, "fr%20ed", "a+b%")]
    [InlineData(AuthHttpEncoding.Full, "fr ed", "a+b%")]
    [InlineData(AuthHttpEncoding.Base64, null, null)]
    public async Task The_answers_login_and_password_are_read_so_too(object encoding, string? login, string? password)
    {
        await using var server = RawAuthServer.Answering(RawAuthServer.Accept.Replace("\r\n\r\n", "\r\nAuth-User: fr%20ed\r\nAuth-Pass: a+b%\r\n\r\n", StringComparison.Ordinal));
        var result = await AskAsync(Attempts.Make(_log, url: $"127.0.0.1:{server.Port}", encoding: (AuthHttpEncoding)encoding));
        if (login is null)
        {
            Assert.Equal(AuthStatus.Unavailable, result.Status);
            Assert.Equal($"auth http server 127.0.0.1:{server.Port} sent invalid encoding of Auth-User", Assert.Single(_log.Errors).Text);
            return;
        }

        Assert.Equal((login, password), (Attempts.Text(result.Login), Attempts.Text(result.UpstreamCredentials!.Secret)));
    }

    [Fact]
    public async Task Base64_of_the_answer_is_read()
    {
        await using var server = RawAuthServer.Answering(RawAuthServer.Accept.Replace("\r\n\r\n", "\r\nAuth-User: ZnJlZA==\r\nAuth-Pass:\r\n\r\n", StringComparison.Ordinal));
        var result = await AskAsync(Attempts.Make(_log, url: $"127.0.0.1:{server.Port}", encoding: AuthHttpEncoding.Base64));
        Assert.Equal(("fred", ""), (Attempts.Text(result.Login), Attempts.Text(result.UpstreamCredentials!.Secret)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a%20b%2x%", "a b%2x%")]
    [InlineData("%41%4a%4A%zz%2", "AJJ%zz%2")]
    [InlineData("%%41", "%A")]
    public void Whatever_is_no_escape_stays(string escaped, string expected) =>
        Assert.Equal(expected, Attempts.Text(AuthHeaders.Unescape(Attempts.Bytes(escaped))));

    [Fact]
    public void Every_value_comes_back_as_it_was() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Bool).Sample((value, isFull) =>
        {
            var encoding = isFull ? AuthHttpEncoding.Full : AuthHttpEncoding.Base64;
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            AuthHeaders.WriteEncoded(output, "A"u8, value, encoding);
            return AuthHeaders.Decode(output.WrittenSpan[3..^2], encoding)!.SequenceEqual(value);
        });

    private static async Task<AuthResult> AskAsync(AuthRequest request) =>
        await new AuthHttpClient(new CountedConnections(), TimeProvider.System).AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
}

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MailProxy.Loading;
using MailProxy.Tests.Authentication;
using MailProxy.Tests.UserDirectory.Logins;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Endpoint;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.UserDirectory.Endpoint;

/// <summary>The bytes of <c>/auth</c>, on a real Kestrel.</summary>
public sealed class AuthEndpointTests : IAsyncLifetime
{
    private readonly LoginUsers _users = new();
    private IPAddress _peer = IPAddress.Loopback;
    private WebApplication? _app;
    private int _port;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            AuthEndpoint.TakeBytes(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        _app = builder.Build();
        _app.Use((http, next) =>
        {
            http.Features.Set<IConnectionEndPointFeature>(new From(_peer));
            return next(http);
        });
        _app.Map("/auth", new AuthEndpoint(_users.Directory, _users.Decider, _users, Features.BuiltIn.Protocols, _users.Answers).HandleAsync);
        await _app.StartAsync().WaitAsync(Attempts.Deadline);
        _port = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        await _users.DisposeAsync();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("HEAD")]
    public async Task A_good_login_gets_its_server(string verb) =>
        Assert.Equal("200|Auth-Status: OK|Auth-Server: 127.0.0.9|Auth-Port: 1143", await AskAsync(Login("fred"), verb));

    [Fact]
    public async Task Names_of_headers_and_the_method_may_be_in_any_case() =>
        Assert.StartsWith("200|Auth-Status: OK", await AskAsync(Login("fred").Replace("Auth-Method: plain", "AUTH-METHOD: PLAIN", StringComparison.Ordinal).Replace("imap", "IMAP", StringComparison.Ordinal)), StringComparison.Ordinal);

    [Fact]
    public async Task Escapes_are_undone_and_8_bit_values_are_bytes_both_ways() =>
        Assert.Equal(
            "200|Auth-Status: OK|Auth-Server: 127.0.0.9|Auth-Port: 143|Auth-User: anna%b\u00c3\u00bc|Auth-Pass: m4ster",
            await AskAsync(Login("anna%40example.org")));

    [Theory]
    [InlineData("imap", "1", "Auth-Status: [AUTHENTICATIONFAILED] Authentication failed|Auth-Wait: 2")]
    [InlineData("pop3", "2", "Auth-Status: [AUTH] Authentication failed|Auth-Wait: 4")]
    [InlineData("smtp", "3", "Auth-Status: Authentication failed|Auth-Error-Code: 535 5.7.8|Auth-Wait: 8")]
    [InlineData("imap", "4", "Auth-Status: [AUTHENTICATIONFAILED] Authentication failed")]
    public async Task A_wrong_password_is_told_in_the_protocols_words(string protocol, string attempt, string expected) =>
        Assert.Equal("200|" + expected, await AskAsync($"Auth-Method: plain\r\nAuth-User: fred\r\nAuth-Pass: wrong\r\nAuth-Protocol: {protocol}\r\nAuth-Login-Attempt: {attempt}\r\n"));

    [Theory]
    [InlineData("homeless", "imap", "Auth-Status: [UNAVAILABLE] Temporary server problem, try again later|Auth-Wait: 2", "user \"homeless\" has no server: set \"upstream=\" or \"host=\" in passdb")]
    [InlineData("lost", "pop3", "Auth-Status: [SYS/TEMP] Temporary server problem, try again later|Auth-Wait: 2", "no server of \"no-such-group\" can be used now, or there is none of that name, while user \"lost\" logs in")]
    [InlineData("lost", "smtp", "Auth-Status: Temporary server problem, try again later|Auth-Error-Code: 451 4.3.2|Auth-Wait: 2", null)]
    [InlineData("spaced", "imap", "Auth-Status: [UNAVAILABLE] Temporary server problem, try again later|Auth-Wait: 2", "what passdb says of user \"spaced\" does not fit a header: Auth-User begins or ends with a space, or has a control byte")]
    public async Task What_is_missing_is_a_temporary_failure_with_a_line_in_the_log(string login, string protocol, string expected, string? line)
    {
        Assert.Equal("200|" + expected, await AskAsync(Login(login, protocol)));
        if (line is not null) Assert.Equal((LogLevel.Error, line), Assert.Single(_users.Log.Errors));
    }

    [Fact]
    public async Task Users_who_cannot_be_asked_are_a_temporary_failure()
    {
        _users.PutInForce(_users.Broken());
        Assert.Equal("200|Auth-Status: Temporary server problem, try again later|Auth-Error-Code: 451 4.3.0|Auth-Wait: 2", await AskAsync(Login("fred", "smtp")));
    }

    [Fact]
    public async Task A_group_is_answered_by_one_of_its_servers() =>
        Assert.Equal("200|Auth-Status: OK|Auth-Server: ::1|Auth-Port: 2143", await AskAsync(Login("grouped")));

    [Fact]
    public async Task Apop_gets_the_password_that_nginx_needs()
    {
        const string Salt = "<1.2@mx.test>";
#pragma warning disable CA5351 // APOP is MD5.
        var digest = Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes(Salt + LoginUsers.Secret)));
#pragma warning restore CA5351
        var request = $"Auth-Method: apop\r\nAuth-User: fred\r\nAuth-Pass: {digest}\r\nAuth-Salt: {Salt}\r\nAuth-Protocol: pop3\r\nAuth-Login-Attempt: 1\r\n";
        Assert.Equal($"200|Auth-Status: OK|Auth-Server: 127.0.0.9|Auth-Port: 1143|Auth-Pass: {LoginUsers.Secret}", await AskAsync(request));
        Assert.Equal("200|Auth-Status: [AUTH] Authentication failed|Auth-Wait: 2", await AskAsync(request.Replace(Salt, "<1.3@mx.test>", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Cram_md5_too()
    {
        const string Salt = "<1.2@mx.test>";
#pragma warning disable CA5351 // CRAM-MD5 is MD5.
        var digest = Convert.ToHexStringLower(HMACMD5.HashData(Encoding.ASCII.GetBytes(LoginUsers.Secret), Encoding.ASCII.GetBytes(Salt)));
#pragma warning restore CA5351
        Assert.Equal(
            $"200|Auth-Status: OK|Auth-Server: 127.0.0.9|Auth-Port: 1143|Auth-Pass: {LoginUsers.Secret}",
            await AskAsync($"Auth-Method: cram-md5\r\nAuth-User: fred\r\nAuth-Pass: {digest}\r\nAuth-Salt: {Salt}\r\nAuth-Protocol: imap\r\nAuth-Login-Attempt: 1\r\n"));
    }

    [Theory]
    [InlineData("RCPT TO:<@relay.example:\"anna\"@example.org> NOTIFY=NEVER", "Auth-Status: OK|Auth-Server: 127.0.0.9|Auth-Port: 25")]
    [InlineData("RCPT TO:<other@example.org>", "Auth-Status: User unknown|Auth-Error-Code: 550 5.1.1|Auth-Wait: 2")]
    [InlineData("RCPT TO:<>", "Auth-Status: Bad recipient address syntax|Auth-Error-Code: 501 5.1.3|Auth-Wait: 2")]
    public async Task Without_authentication_the_recipient_decides(string command, string expected) => Assert.Equal("200|" + expected, await AskAsync(
        $"Auth-Method: none\r\nAuth-User: \r\nAuth-Pass: \r\nAuth-Protocol: smtp\r\nAuth-Login-Attempt: 1\r\nClient-IP: 127.0.0.1\r\nClient-Host: [UNAVAILABLE]\r\nAuth-SMTP-Helo: c\r\nAuth-SMTP-From: MAIL FROM:<a>\r\nAuth-SMTP-To: {command}\r\n"));

    [Theory]
    [InlineData("SUCCESS", "CN=cert@example.org", "Auth-Status: OK|Auth-Server: 127.0.0.9|Auth-Port: 143|Auth-Pass: m4ster")]
    [InlineData("SUCCESS", "CN=anna@example.org", "Auth-Status: [AUTHENTICATIONFAILED] Authentication failed|Auth-Wait: 2")]
    [InlineData("FAILED:certificate has expired", "CN=cert@example.org", "Auth-Status: [AUTHENTICATIONFAILED] Authentication failed|Auth-Wait: 2")]
    [InlineData("NONE", "", "Auth-Status: [AUTHENTICATIONFAILED] Authentication failed|Auth-Wait: 2")]
    public async Task External_needs_a_good_certificate_of_that_name(string verify, string subject, string expected) => Assert.Equal("200|" + expected, await AskAsync(
        $"Auth-Method: external\r\nAuth-User: cert@example.org\r\nAuth-Pass: \r\nAuth-Protocol: imap\r\nAuth-Login-Attempt: 1\r\nAuth-SSL: on\r\nAuth-SSL-Verify: {verify}\r\nAuth-SSL-Subject: {subject}\r\n"));

    [Fact]
    public async Task A_mailbox_may_stand_in_the_certificates_alternative_names()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=Somebody", key, HashAlgorithmName.SHA256);
        var names = new System.Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder();
        names.AddEmailAddress("cert@example.org");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var pem = certificate.ExportCertificatePem().Replace("\n", "%0A", StringComparison.Ordinal).Replace(" ", "%20", StringComparison.Ordinal);
        Assert.StartsWith("200|Auth-Status: OK", await AskAsync(
            $"Auth-Method: external\r\nAuth-User: cert@example.org\r\nAuth-Pass: \r\nAuth-Protocol: imap\r\nAuth-SSL-Verify: SUCCESS\r\nAuth-SSL-Subject: CN=Somebody\r\nAuth-SSL-Cert: {pem}\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Auth-Method: xoauth2\r\nAuth-Protocol: imap\r\n")]
    [InlineData("Auth-Protocol: imap\r\n")]
    [InlineData("Auth-Method: plain\r\n")]
    [InlineData("Auth-Method: plain\r\nAuth-Protocol: sieve\r\n")]
    [InlineData("Auth-Method: none\r\nAuth-Protocol: imap\r\n")]
    [InlineData("Auth-Method: apop\r\nAuth-User: fred\r\nAuth-Protocol: pop3\r\n")]
    [InlineData("Auth-Method: plain\r\nAuth-Protocol: imap\r\nAuth-Login-Attempt: -1\r\n")]
    [InlineData("Auth-Method: plain\r\nAuth-Protocol: imap\r\nAuth-User: fred\r\nAuth-User: anna\r\n")]
    public async Task What_is_not_understood_is_a_400_without_a_status(string headers)
    {
        Assert.Equal("400", await AskAsync(headers));
        Assert.Single(_users.Log.Errors);
    }

    [Fact]
    public async Task Only_loopback_may_ask_and_no_header_makes_a_peer_loopback()
    {
        _peer = IPAddress.Parse("192.0.2.1");
        Assert.Equal("403", await AskAsync(Login("fred") + "X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nX-Auth-Key: \r\n"));
        Assert.Contains("192.0.2.1 may not ask at /auth", _users.Log.All, StringComparison.Ordinal);
        _peer = IPAddress.Parse("::ffff:127.0.0.1");
        Assert.StartsWith("200", await AskAsync(Login("fred")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Auth-Key: k3y \u00c3\u00bc\r\n", "200")]
    [InlineData("X-Auth-Key: k3y\r\n", "403")]
    [InlineData("X-Auth-Key: k3y \u00c3\u00bc!\r\n", "403")]
    [InlineData("X-Auth-Key: k3y \u00c3\u00bc\r\nX-Auth-Key: k3y \u00c3\u00bc\r\n", "403")]
    [InlineData("", "403")]
    public async Task Where_there_is_a_key_it_alone_opens_on_loopback_too(string header, string status)
    {
        _users.PutInForce("k3y ü", _users.Users());
        foreach (var peer in new[] { "192.0.2.1", "127.0.0.1", "::1" })
        {
            _peer = IPAddress.Parse(peer);
            Assert.StartsWith(status, await AskAsync(Login("fred") + header), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("k3y", _users.Log.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("static", "imap", "", "Auth-Status: OK|Auth-Server: 127.0.0.7|Auth-Port: 143")]
    [InlineData("static", "pop3", "", "Auth-Status: OK|Auth-Server: 127.0.0.7|Auth-Port: 110")]
    [InlineData("static", "smtp", "", "Auth-Status: Temporary server problem, try again later|Auth-Error-Code: 451 4.3.0|Auth-Wait: 2")]
    [InlineData("static", "smtp", "X-Auth-SMTP: no\r\n", "Auth-Status: Temporary server problem, try again later|Auth-Error-Code: 451 4.3.0|Auth-Wait: 2")]
    [InlineData("static", "smtp", "Auth-SMTP: yes\r\n", "Auth-Status: Temporary server problem, try again later|Auth-Error-Code: 451 4.3.0|Auth-Wait: 2")]
    [InlineData("static", "smtp", "X-Auth-SMTP: yes\r\n", "Auth-Status: OK|Auth-Server: 127.0.0.7|Auth-Port: 25|Auth-SMTP: yes")]
    [InlineData("static", "imap", "X-Auth-SMTP: yes\r\n", "Auth-Status: OK|Auth-Server: 127.0.0.7|Auth-Port: 143")]
    [InlineData("users", "smtp", "", "Auth-Status: OK|Auth-Server: 127.0.0.9|Auth-Port: 1143")]
    [InlineData("users", "smtp", "X-Auth-SMTP: yes\r\n", "Auth-Status: OK|Auth-Server: 127.0.0.9|Auth-Port: 1143")]
    public async Task Nginx_must_not_vouch_for_an_smtp_login_that_nobody_has_checked(string users, string protocol, string header, string expected)
    {
        if (users == "static") _users.PutInForce(new PassdbOptions { Driver = "static", Host = "127.0.0.7" });
        Assert.Equal("200|" + expected, await AskAsync(Login("fred", protocol) + header));
        if (expected.Contains("451", StringComparison.Ordinal)) Assert.Contains("there set \"proxy_smtp_auth on\" and \"auth_http_header X-Auth-SMTP yes\"", Assert.Single(_users.Log.Errors).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipient_without_authentication_needs_no_check()
    {
        _users.PutInForce(new PassdbOptions { Driver = "static", Host = "127.0.0.7" });
        Assert.Equal("200|Auth-Status: OK|Auth-Server: 127.0.0.7|Auth-Port: 25", await AskAsync("Auth-Method: none\r\nAuth-Protocol: smtp\r\nAuth-SMTP-To: RCPT TO:<a@example.org>\r\n"));
    }

    [Fact]
    public async Task It_follows_the_configuration_in_force()
    {
        Assert.StartsWith("200", await AskAsync(Login("fred")), StringComparison.Ordinal);
        _users.PutInForce();
        Assert.Equal("404", await AskAsync(Login("fred")));
        _users.PutInForce(new PassdbOptions { Driver = "static", Host = "127.0.0.7" });
        Assert.Equal("200|Auth-Status: OK|Auth-Server: 127.0.0.7|Auth-Port: 143", await AskAsync(Login("anybody")));
    }

    private static string Login(string user, string protocol = "imap") =>
        $"Auth-Method: plain\r\nAuth-User: {user}\r\nAuth-Pass: {LoginUsers.Secret}\r\nAuth-Protocol: {protocol}\r\nAuth-Login-Attempt: 1\r\nClient-IP: 127.0.0.1\r\n";

    /// <summary>Asks as nginx does, and returns the status and the protocol's headers.</summary>
    private async Task<string> AskAsync(string headers, string verb = "GET")
    {
        using var deadline = new CancellationTokenSource(Attempts.Deadline, TimeProvider.System);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, deadline.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"{verb} /auth HTTP/1.0\r\nHost: 127.0.0.1\r\n{(verb == "POST" ? "Content-Length: 0\r\n" : "")}{headers}\r\n"), deadline.Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var lines = (await reader.ReadToEndAsync(deadline.Token)).Split("\r\n\r\n")[0].Split("\r\n");
        string[] order = ["Auth-Status", "Auth-Error-Code", "Auth-Server", "Auth-Port", "Auth-User", "Auth-Pass", "Auth-Wait", "Auth-SMTP"];
        var shown = lines.Where(line => line.StartsWith("Auth-", StringComparison.Ordinal)).OrderBy(line => Array.IndexOf(order, line.Split(':')[0]));
        return string.Join('|', shown.Prepend(lines[0].Split(' ')[1]));
    }

    private sealed class From(IPAddress address) : IConnectionEndPointFeature
    {
        public EndPoint? LocalEndPoint { get; set; }

        public EndPoint? RemoteEndPoint { get; set; } = new IPEndPoint(address, 40000);
    }
}

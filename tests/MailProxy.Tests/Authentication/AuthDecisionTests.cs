using MailProxy.Authentication;
using MailProxy.Tls;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.Authentication;

public sealed class AuthDecisionTests
{
    private const string Target = "Auth-Server: 127.0.0.1\r\nAuth-Port: 31500\r\n";
    private const string Address = "127.0.0.1:80";
    private readonly RecordingLogger _log = new();

    [Theory]
    [InlineData("Auth-Status: OK\r\n")]
    [InlineData("")]
    public void Ok_or_no_status_at_all_is_a_success(string status)
    {
        var result = Decide(Attempts.Make(_log), status + Target);
        Assert.Equal(AuthStatus.Accepted, result.Status);
        Assert.Equal("127.0.0.1:31500", result.Upstream!.ToString());
        Assert.Equal("u", Attempts.Text(result.Login));
        Assert.False(result.HasLogin);
        Assert.Equal(Attempts.Secret, Attempts.Text(result.UpstreamCredentials!.Secret));
        Assert.Null(result.SmtpAuth);
        Assert.Empty(_log.All);
    }

    [Theory]
    [InlineData("Auth-Status: Bad creds\r\n", "Bad creds")]
    [InlineData("Auth-Status: ok\r\n", "ok")]
    [InlineData("Auth-Status: wait\r\n", "wait")]
    [InlineData("Auth-Status:\r\n", "")]
    [InlineData("Auth-Status: no\r\nAuth-Status: OK\r\n", "no")]
    [InlineData("Auth-Status: OK\r\nAuth-Status: no\r\n", "no")]
    [InlineData("Auth-Status: no\r\nAuth-Status: WAIT\r\nAuth-Status: later\r\n", "later")]
    [InlineData("Auth-Status: \u00e9\u0080\r\n", "\u00e9\u0080")]
    public void Any_other_status_is_the_text_for_the_client(string status, string text)
    {
        foreach (var protocol in new[] { "imap", "pop3", "smtp" })
        {
            var result = Decide(Attempts.Make(_log, protocol: protocol), status + Target);
            Assert.Equal((AuthStatus.Rejected, text), (result.Status, Attempts.Text(result.Text)));
            Assert.Equal(TimeSpan.Zero, result.Wait);
            Assert.Null(result.ErrorCode);
        }
    }

    [Fact]
    public void A_failure_carries_wait_code_and_login()
    {
        var result = Decide(Attempts.Make(_log), "Auth-Status: Temp problem\r\nAuth-Error-Code: 451 4.3.0\r\nAuth-Wait: 5\r\nAuth-User: fred@x\r\n");
        Assert.Equal("451 4.3.0", Attempts.Text(result.ErrorCode));
        Assert.Equal(TimeSpan.FromSeconds(5), result.Wait);
        Assert.Equal(("fred@x", true), (Attempts.Text(result.Login), result.HasLogin));
    }

    [Theory]
    [InlineData("Auth-Status: WAIT\r\nAuth-Wait: 3\r\nAuth-User: fred\r\n", 3)]
    [InlineData("Auth-Status: WAIT\r\nAuth-Status: OK\r\nAuth-User: fred\r\n", 1)]
    [InlineData("Auth-Status: WAIT\r\nAuth-Wait: 0\r\nAuth-User: fred\r\n", 1)]
    [InlineData("Auth-Status: WAIT\r\nAuth-Wait: 3\r\nAuth-Wait: x\r\nAuth-User: fred\r\n", 3)]
    [InlineData("Auth-Status: WAIT\r\nAuth-Wait: 3s\r\nAuth-User: fred\r\n", 1)]
    [InlineData("Auth-Status: WAIT\r\nAuth-Wait: -3\r\nAuth-User: fred\r\n", 1)]
    public void Wait_asks_again_after_a_second_at_least(string headers, int seconds)
    {
        var result = Decide(Attempts.Make(_log), headers);
        Assert.Equal((AuthStatus.Wait, TimeSpan.FromSeconds(seconds)), (result.Status, result.Wait));
        Assert.Equal("fred", Attempts.Text(result.Login));
    }

    [Fact]
    public void A_wait_beyond_every_timer_is_cut() =>
        Assert.InRange(Decide(Attempts.Make(_log), "Auth-Status: no\r\nAuth-Wait: 9223372036854775807\r\n").Wait, TimeSpan.FromDays(20), TimeSpan.FromDays(25));

    [Fact]
    public void The_answers_login_and_password_replace_the_clients_verbatim()
    {
        var result = Decide(Attempts.Make(_log), Target + "Auth-User: fr%20ed\r\nAuth-Pass:  a  b \r\n");
        Assert.Equal(("fr%20ed", true), (Attempts.Text(result.Login), result.HasLogin));
        Assert.Equal((AuthMethod.Plain, "fr%20ed", "a  b"),
            (result.UpstreamCredentials!.Method, Attempts.Text(result.UpstreamCredentials.Login), Attempts.Text(result.UpstreamCredentials.Secret)));
    }

    [Theory]
    [InlineData((int)AuthMethod.Apop)]
    [InlineData((int)AuthMethod.CramMd5)]
    [InlineData((int)AuthMethod.External)]
    public void Without_a_password_only_smtp_goes_on(int method)
    {
        foreach (var protocol in new[] { "imap", "pop3" })
        {
            Assert.Equal(AuthStatus.Unavailable, Decide(Attempts.Make(_log, protocol: protocol, method: (AuthMethod)method), Target).Status);
            var sent = Decide(Attempts.Make(_log, protocol: protocol, method: (AuthMethod)method), Target + "Auth-Pass:\r\n");
            Assert.Equal((AuthStatus.Accepted, 0), (sent.Status, sent.UpstreamCredentials!.Secret.Length));
        }

        var smtp = Decide(Attempts.Make(_log, protocol: "smtp", method: (AuthMethod)method), Target);
        Assert.Equal(AuthStatus.Accepted, smtp.Status);
        Assert.Null(smtp.UpstreamCredentials);
        Assert.All(_log.Errors, line => Assert.Equal((LogLevel.Error, $"auth http server {Address} did not send password"), line));
        Assert.Equal(2, _log.Errors.Count);
    }

    [Fact]
    public void A_plain_login_may_have_an_empty_password() =>
        Assert.Equal(AuthStatus.Accepted, Decide(Attempts.Make(_log, secret: ""), Target).Status);

    [Theory]
    [InlineData("", "did not send server or port")]
    [InlineData("Auth-Status: OK\r\n", "did not send server or port")]
    [InlineData("Auth-Server: 127.0.0.1\r\n", "did not send server or port")]
    [InlineData("Auth-Port: 1\r\n", "did not send server or port")]
    [InlineData("Auth-Server:\r\nAuth-Port: 1\r\n", "did not send server or port")]
    [InlineData("Auth-Server: local/host\r\nAuth-Port: x\r\n", "sent invalid server address:\"local/host\"")]
    [InlineData("Auth-Server: local host\r\n", "did not send server or port")]
    [InlineData("Auth-Server: ::1\r\n", "did not send server or port")]
    [InlineData("Auth-Server: localhost\r\nAuth-Port: x\r\n", "sent invalid server port:\"x\"")]
    [InlineData("Auth-Server: a\tb\u00ff\r\nAuth-Port: 1\r\n", "sent invalid server address:\"a\\x09b\\xFF\"")]
    [InlineData("Auth-Server: ::1\r\nAuth-Port: 0\r\n", "sent invalid server port:\"0\"")]
    [InlineData("Auth-Server: ::1\r\nAuth-Port: 1\r\nAuth-Proxy-SSL: ON\r\n", "sent invalid proxy SSL mode:\"ON\"")]
    [InlineData("Auth-Server: ::1\r\nAuth-Port: 1\r\nAuth-Proxy-SSL:\r\n", "sent invalid proxy SSL mode:\"\"")]
    public void An_answer_that_leads_nowhere_is_logged_in_nginxs_words(string headers, string message)
    {
        var result = Decide(Attempts.Make(_log), headers + "Auth-User: fred\r\nAuth-Pass: " + Attempts.Secret + "\r\n");
        Assert.Equal((AuthStatus.Unavailable, "fred"), (result.Status, Attempts.Text(result.Login)));
        Assert.Equal((LogLevel.Error, $"auth http server {Address} {message}"), Assert.Single(_log.Errors));
        Assert.DoesNotContain(Attempts.Secret, _log.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Auth-Server: mx.test\r\nAuth-Port: 143\r\n", "mx.test:143")]
    [InlineData("Auth-Server: imap_pool\r\n", "imap_pool")]
    [InlineData("Auth-Server: imap_pool\r\nAuth-Port: 143\r\n", "imap_pool:143")]
    [InlineData("Auth-Server: 2001:DB8::a\r\nAuth-Port: 143\r\n", "[2001:db8::a]:143")]
    public void A_host_name_or_a_group_is_a_server_too(string headers, string upstream) =>
        Assert.Equal(upstream, Decide(Attempts.Make(_log), headers).Upstream!.ToString());

    [Theory]
    [InlineData("yes", true)]
    [InlineData("no", false)]
    [InlineData("YES", null)]
    [InlineData("", null)]
    public void Auth_smtp_decides_for_this_session(string value, bool? expected) =>
        Assert.Equal(expected, Decide(Attempts.Make(_log, protocol: "smtp"), Target + $"Auth-SMTP: {value}\r\n").SmtpAuth);

    [Theory]
    [InlineData("", null)]
    [InlineData("Auth-Proxy-SSL: off\r\n", ProxyTlsMode.Off)]
    [InlineData("auth-proxy-ssl: on\r\n", ProxyTlsMode.On)]
    [InlineData("Auth-Proxy-SSL: starttls\r\n", ProxyTlsMode.Starttls)]
    public void Auth_proxy_ssl_decides_for_this_session(string header, object? expected) =>
        Assert.Equal((ProxyTlsMode?)expected, Decide(Attempts.Make(_log), Target + header).ProxySsl);

    private static AuthResult Decide(AuthRequest request, string headers)
    {
        var parser = new AuthResponseParser();
        Assert.Equal(AuthResponseProgress.Complete, parser.Read(Attempts.Bytes("HTTP/1.0 200 OK\r\n" + headers + "\r\n")));
        return AuthDecision.Make(request, parser.Response, Address);
    }
}

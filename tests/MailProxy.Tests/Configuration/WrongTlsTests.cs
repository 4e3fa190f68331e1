using MailProxy.Listening;

namespace MailProxy.Tests.Configuration;

/// <summary>Wrong TLS directives and logs, each with nginx's message.</summary>
public sealed class WrongTlsTests : IDisposable
{
    private const string Deprecated = "[warn] the \"ssl\" directive is deprecated, use the \"listen ... ssl\" directive instead in c:2";

    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Theory]
    [InlineData("starttls maybe;", "invalid value \"maybe\" in c:2")]
    [InlineData("ssl_protocols TLSv1.2 TLSv9;", "invalid value \"TLSv9\" in c:2")]
    [InlineData("ssl_session_cache foo;", "invalid session cache \"foo\" in c:2")]
    [InlineData("ssl_session_cache shared::10m;", "invalid session cache \"shared::10m\" in c:2")]
    [InlineData("ssl_session_cache shared:SSL;", "invalid session cache \"shared:SSL\" in c:2")]
    [InlineData("ssl_session_cache shared:SSL:x;", "invalid session cache \"shared:SSL:x\" in c:2")]
    [InlineData("ssl_session_cache shared:SSL:10m; } server { listen 127.0.0.1:1110; protocol pop3;\nssl_session_cache shared:SSL:5m;", "the size 5242880 of shared memory zone \"SSL\" conflicts with already declared size 10485760 in c:3")]
    [InlineData("ssl_session_cache shared:SSL:10;", "session cache \"shared:SSL:10\" is too small in c:2")]
    [InlineData("ssl_session_cache builtin:x;", "invalid session cache \"builtin:x\" in c:2")]
    [InlineData("ssl_session_cache off none off;", "invalid number of arguments in \"ssl_session_cache\" directive in c:2")]
    [InlineData("ssl_session_timeout 1ms;", "\"ssl_session_timeout\" directive invalid value in c:2")]
    [InlineData("ssl_session_tickets x;", "invalid value \"x\" in \"ssl_session_tickets\" directive, it must be \"on\" or \"off\" in c:2")]
    [InlineData("ssl_verify_client maybe;", "invalid value \"maybe\" in c:2")]
    [InlineData("ssl_verify_depth x;", "\"ssl_verify_depth\" directive invalid number in c:2")]
    [InlineData("ssl_conf_command a;", "invalid number of arguments in \"ssl_conf_command\" directive in c:2")]
    [InlineData("ssl_ecdh_curve a b;", "invalid number of arguments in \"ssl_ecdh_curve\" directive in c:2")]
    [InlineData("ssl_ciphers A; ssl_ciphers B;", "\"ssl_ciphers\" directive is duplicate in c:2")]
    [InlineData("ssl_password_file a; ssl_password_file b;", "\"ssl_password_file\" directive is duplicate in c:2")]
    [InlineData("starttls on;", "no \"ssl_certificate\" is defined for the \"starttls\" directive in c:2")]
    [InlineData("starttls ONLY;", "no \"ssl_certificate\" is defined for the \"starttls\" directive in c:2")]
    [InlineData("listen 1993 ssl;", "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive in c:2")]
    [InlineData("starttls on; ssl_certificate a.pem;", "no \"ssl_certificate_key\" is defined for the \"starttls\" directive in c:2")]
    [InlineData("listen 1993 ssl; ssl_certificate a.pem;", "no \"ssl_certificate_key\" is defined for the \"listen ... ssl\" directive in c:2")]
    [InlineData(
        "starttls on; ssl_certificate a.pem; ssl_certificate /b.pem; ssl_certificate_key a.key;",
        "no \"ssl_certificate_key\" is defined for certificate \"/b.pem\" and the \"starttls\" directive in c:2")]
    [InlineData(
        "starttls on; ssl_certificate a.pem; ssl_certificate_key a.key; ssl_verify_client on;",
        "no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client")]
    [InlineData("ssl maybe;", "invalid value \"maybe\" in \"ssl\" directive, it must be \"on\" or \"off\" in c:2")]
    [InlineData("proxy_ssl yes;", "invalid value \"yes\" in c:2")]
    [InlineData("proxy_ssl_protocols TLSv9;", "invalid value \"TLSv9\" in c:2")]
    [InlineData("proxy_ssl_verify_depth x;", "\"proxy_ssl_verify_depth\" directive invalid number in c:2")]
    [InlineData("proxy_ssl_certificate a.pem;", "no \"proxy_ssl_certificate_key\" is defined for certificate \"a.pem\"")]
    [InlineData("ssl_stapling on;", "\"ssl_stapling\" directive is not allowed here in c:2")]
    [InlineData("ssl_early_data on;", "\"ssl_early_data\" directive is not allowed here in c:2")]
    public void A_wrong_tls_directive_is_refused(string lines, string message)
    {
        var result = _conf.Load(TestConf.Server(lines));
        Assert.Equal([$"[emerg] {message}"], _conf.Texts(result));
        Assert.Null(result.Options);
    }

    [Theory]
    [InlineData("starttls on; ssl_certificate a.pem; ssl_certificate_key a.key; ssl_verify_client optional_no_ca;")]
    [InlineData("starttls on; ssl_certificate a.pem; ssl_certificate_key a.key; ssl_verify_client on; ssl_trusted_certificate ca.pem;")]
    [InlineData("ssl_certificate a.pem; ssl_verify_client on;")]
    public void What_tls_does_not_need_may_be_absent(string lines) => _conf.OnlyServer(lines);

    [Theory]
    [InlineData("ssl on;", "no \"ssl_certificate\" is defined for the \"ssl\" directive in c:2")]
    [InlineData("ssl on; ssl_certificate a.pem;", "no \"ssl_certificate_key\" is defined for the \"ssl\" directive in c:2")]
    [InlineData("starttls on; ssl_certificate a.pem; ssl_certificate_key a.key; ssl on;", "\"starttls\" directive conflicts with \"ssl on\" in c:2")]
    [InlineData("ssl on; ssl_certificate a.pem; ssl_certificate_key a.key; starttls only;", "\"ssl\" directive conflicts with \"starttls\" in c:2")]
    public void The_legacy_directive_is_held_to_what_nginx_said_of_it(string lines, string message) =>
        Assert.Equal([Deprecated, $"[emerg] {message}"], _conf.Texts(_conf.Load(TestConf.Server(lines))));

    [Fact]
    public void The_legacy_directive_makes_every_address_of_the_server_tls()
    {
        var result = _conf.Load(TestConf.Server("ssl on; listen 127.0.0.1:1144; ssl_certificate a.pem; ssl_certificate_key a.key;"));
        Assert.Equal([Deprecated], _conf.Texts(result));
        Assert.All(Assert.Single(result.Options!.Servers).Listen, listen => Assert.True(listen.Ssl));

        result = _conf.Load(TestConf.Server("ssl off; starttls on; listen 127.0.0.1:1144 ssl; ssl_certificate a.pem; ssl_certificate_key a.key;"));
        Assert.Equal([Deprecated], _conf.Texts(result));
        Assert.Equal([false, true], result.Options!.Servers[0].Listen.Select(listen => listen.Ssl));
    }

    [Fact]
    public void Compressed_certificates_are_warned_about_where_there_is_tls()
    {
        const string Lines = "ssl_certificate_compression on; ssl_certificate a.pem; ssl_certificate_key a.key;";
        Assert.Empty(_conf.Texts(_conf.Load(TestConf.Server(Lines))));
        Assert.Equal(
            ["[warn] \"ssl_certificate_compression\" is not supported on this platform, ignored"],
            _conf.Texts(_conf.Load(TestConf.Server($"{Lines} starttls on;"))));
    }

    [Theory]
    [InlineData("error_log;", "invalid number of arguments in \"error_log\" directive")]
    [InlineData("error_log stderr foo;", "invalid log level \"foo\"")]
    [InlineData("error_log stderr INFO;", "invalid log level \"INFO\"")]
    [InlineData("error_log stderr info warn;", "duplicate log level \"warn\"")]
    [InlineData("error_log stderr info debug_mail;", "invalid log level \"debug_mail\"")]
    [InlineData("error_log stderr debug_mail info;", "duplicate log level \"info\"")]
    [InlineData("error_log syslog:;", "unknown syslog parameter \"\"")]
    [InlineData("error_log syslog:server=;", "no host in syslog server \"\"")]
    [InlineData("error_log syslog:server=nosuch.test;", "host not found in syslog server \"nosuch.test\"")]
    [InlineData("error_log syslog:server=127.0.0.1:99999;", "invalid port in syslog server \"127.0.0.1:99999\"")]
    [InlineData("error_log syslog:server=unix:;", "no path in the unix domain socket in syslog server \"unix:\"")]
    [InlineData("error_log syslog:server=127.0.0.1,facility=foo;", "unknown syslog facility \"foo\"")]
    [InlineData("error_log syslog:server=127.0.0.1,severity=foo;", "unknown syslog severity \"foo\"")]
    [InlineData("error_log syslog:server=127.0.0.1,tag=a-b;", "syslog \"tag\" only allows alphanumeric characters and underscore")]
    [InlineData("error_log syslog:server=127.0.0.1,tag=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;", "syslog tag length exceeds 32")]
    [InlineData("error_log syslog:server=127.0.0.1,foo=1;", "unknown syslog parameter \"foo=1\"")]
    [InlineData("error_log syslog:server=127.0.0.1,nohostnamex;", "unknown syslog parameter \"nohostnamex\"")]
    [InlineData("error_log syslog:server=127.0.0.1,server=127.0.0.1;", "duplicate syslog \"server\"")]
    [InlineData("error_log syslog:server=127.0.0.1,tag=a,tag=b;", "duplicate syslog \"tag\"")]
    [InlineData("error_log syslog:facility=local7;", "no syslog server specified")]
    [InlineData("error_log syslog:server=127.0.0.1,;", "unknown syslog parameter \"\"")]
    public void A_wrong_log_is_refused_everywhere(string line, string message)
    {
        Assert.Equal([$"[emerg] {message} in c:2"], _conf.Texts(_conf.Load(TestConf.Server(line))));
        Assert.Equal([$"[emerg] {message} in c:1"], _conf.Texts(_conf.Load($"{line} events {{}}")));
        Assert.Equal([$"[emerg] {message} in c:1"], _conf.Texts(_conf.Load($"events {{}} mail {{ {line} }}")));
    }
}

using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Protocols.Imap;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Configuration;

/// <summary>What a server takes from <c>mail</c>, and what it replaces.</summary>
public sealed class InheritanceTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void A_server_without_directives_has_nginxs_defaults()
    {
        var server = _conf.OnlyServer("");
        Assert.Equal(System.Net.Dns.GetHostName().ToLowerInvariant(), server.ServerName);
        Assert.Equal((TimeSpan.FromSeconds(60), 5, TimeSpan.FromSeconds(60)), (server.Timeout, server.MaxErrors, server.AuthHttp.Timeout));
        Assert.Equal((4096, TimeSpan.FromHours(24), false, true, null), (server.Proxy.Buffer, server.Proxy.Timeout, server.Proxy.PassErrorMessage, server.SmtpUpstream.Xclient, server.Proxy.Enabled));
        Assert.Equal(["plain", "IMAP4", "IMAP4rev1", "UIDPLUS"], server.Imap.Auth.Concat(server.Imap.Capabilities));
        Assert.Equal(["plain", "TOP", "USER", "UIDL"], server.Pop3.Auth.Concat(server.Pop3.Capabilities));
        Assert.Equal(["plain", "login"], server.Smtp.Auth.Concat(server.Smtp.Capabilities));
        Assert.Equal((4096, 4096, TimeSpan.Zero), (server.Imap.ClientBuffer, server.Smtp.ClientBuffer, server.Smtp.GreetingDelay));
        Assert.Empty(server.SetRealIpFrom);
        Assert.Empty(server.ErrorLog);
        Assert.Empty(server.Resolver.Servers);
        Assert.Equal(["TLSv1.2", "TLSv1.3"], server.Tls.Protocols);
    }

    [Fact]
    public void A_server_inherits_what_it_does_not_say_wherever_mail_says_it()
    {
        var options = _conf.Options("""
            events {}
            mail {
                timeout 10s;
                server { listen 143; proxy_timeout 1h; timeout 20s; }
                server { listen 110; }
                proxy_timeout 2h;
                auth_http 127.0.0.1:9;
                server_name mail.example;
            }
            """);
        Assert.Equal([(20, 1), (10, 2)], options.Servers.Select(server => ((int)server.Timeout.TotalSeconds, (int)server.Proxy.Timeout.TotalHours)));
        Assert.All(options.Servers, server => Assert.Equal(("127.0.0.1:9", "mail.example"), (Assert.Single(server.AuthHttp.Url).Text, server.ServerName)));
    }

    [Theory]
    [InlineData("imap_auth cram-md5;", "imap_auth plain; imap_auth external;", "plain external")]
    [InlineData("imap_auth cram-md5;", "", "cram-md5")]
    public void A_bit_set_of_the_server_replaces_that_of_mail(string mail, string server, string expected) =>
        Assert.Equal(expected, string.Join(' ', Server(mail, server).Imap.Auth));

    [Fact]
    public void Every_list_of_the_server_replaces_that_of_mail()
    {
        var server = Server(
            """
            imap_capabilities A B C; pop3_capabilities A B; smtp_capabilities A B; pop3_auth apop; smtp_auth none; auth_http_header A a; auth_http_header B b;
            set_real_ip_from 10.0.0.0/8; set_real_ip_from unix:; error_log a info; error_log b; ssl_protocols TLSv1; ssl_certificate a; ssl_certificate b; ssl_certificate_key k;
            ssl_session_ticket_key a; ssl_conf_command A a; resolver 10.0.0.1 10.0.0.2 valid=5s ipv4=off; resolver_timeout 5s;
            """,
            """
            imap_capabilities X; pop3_capabilities X; smtp_capabilities "X Y"; pop3_auth plain; smtp_auth login; auth_http_header X x;
            set_real_ip_from 127.0.0.1; error_log x debug; ssl_protocols TLSv1.3; ssl_certificate x;
            ssl_session_ticket_key x; ssl_conf_command X x; resolver 10.0.0.3;
            """);
        Assert.Equal(["X"], server.Imap.Capabilities);
        Assert.Equal(["X"], server.Pop3.Capabilities);
        Assert.Equal(["X Y"], server.Smtp.Capabilities);
        Assert.Equal(["plain"], server.Pop3.Auth);
        Assert.Equal(["login"], server.Smtp.Auth);
        Assert.Equal([("X", "x")], server.AuthHttp.Headers.Select(header => (header.Name, header.Value)));
        Assert.Equal(["127.0.0.1/32"], server.SetRealIpFrom.Select(source => source.ToString()));
        Assert.Equal([($"{_conf.Directory}/prefix/x", ErrorLogLevel.Debug)], server.ErrorLog.Select(log => (log.Target, log.Level)));
        Assert.Equal(["TLSv1.3"], server.Tls.Protocols);
        Assert.Equal([$"{_conf.Directory}/x"], server.Tls.Certificate);
        // Certificates and their keys are two lists.
        Assert.Equal([$"{_conf.Directory}/k"], server.Tls.CertificateKey);
        Assert.Equal([$"{_conf.Directory}/x"], server.Tls.SessionTicketKey);
        Assert.Equal([("X", "x")], server.Tls.ConfCommand.Select(command => (command.Name, command.Value)));
        Assert.Equal(["10.0.0.3:53"], server.Resolver.Servers.Select(address => address.ToString()));
        Assert.Equal((null, true, TimeSpan.FromSeconds(5)), (server.Resolver.Valid, server.Resolver.Ipv4, server.Resolver.Timeout));
    }

    [Fact]
    public void Lists_of_one_level_are_added_up()
    {
        var server = Server("", "imap_capabilities A B; imap_capabilities C; auth_http_header A 1; auth_http_header A 2; set_real_ip_from 10.0.0.1; set_real_ip_from mail.test;");
        Assert.Equal(["A", "B", "C"], server.Imap.Capabilities);
        Assert.Equal(["1", "2"], server.AuthHttp.Headers.Select(header => header.Value));
        Assert.Equal(["10.0.0.1/32", "192.0.2.1/32", "192.0.2.2/32"], server.SetRealIpFrom.Select(source => source.ToString()));
    }

    [Fact]
    public void Of_protocol_the_last_wins_and_every_auth_http_counts()
    {
        var server = Server("", "protocol pop3; protocol smtp; auth_http 127.0.0.1:1; auth_http https://auth.test/x;");
        Assert.Equal("smtp", server.Protocol);
        Assert.Equal(["127.0.0.1:1", "https://auth.test/x"], server.AuthHttp.Url.Select(url => url.Text));
    }

    [Theory]
    [InlineData("listen 143;", "imap")]
    [InlineData("listen 993;", "imap")]
    [InlineData("listen [::]:110;", "pop3")]
    [InlineData("listen 995;", "pop3")]
    [InlineData("listen 25;", "smtp")]
    [InlineData("listen 465;", "smtp")]
    [InlineData("listen 587;", "smtp")]
    [InlineData("listen 20000; listen unix:/x; listen 110; listen 143;", "pop3")]
    [InlineData("listen 143; protocol smtp;", "smtp")]
    [InlineData("protocol smtp; listen 143;", "smtp")]
    [InlineData("listen 143-150;", "imap")]
    public void A_well_known_port_tells_the_protocol(string lines, string protocol) =>
        Assert.Equal(protocol, Assert.Single(_conf.Options($"events {{}} mail {{ auth_http 127.0.0.1; server {{ {lines} }} }}").Servers).Protocol);

    [Fact]
    public void An_empty_server_name_hides_that_of_mail_and_is_the_hosts() =>
        Assert.Equal(System.Net.Dns.GetHostName().ToLowerInvariant(), Server("server_name a;", "server_name \"\";").ServerName);

    [Theory]
    [InlineData("proxy off;", "", false)]
    [InlineData("proxy off;", "proxy on;", true)]
    [InlineData("", "", null)]
    public void Only_proxy_off_written_out_closes_a_server(string mail, string server, bool? enabled) => Assert.Equal(enabled, Server(mail, server).Proxy.Enabled);

    [Fact]
    public void Resolver_off_hides_that_of_mail() => Assert.Empty(Server("resolver 10.0.0.1;", "resolver off;").Resolver.Servers);

    [Fact]
    public void A_group_with_proxy_ssl_overlays_that_of_mail_and_any_other_leaves_it_to_the_servers()
    {
        var groups = _conf.Options("""
            events {}
            mail {
                upstream plain { server 127.0.0.1:143; }
                upstream named { server 127.0.0.1:143; proxy_ssl_name a.test; proxy_ssl_protocols TLSv1.3; }
                upstream clear { server 127.0.0.1:143; proxy_ssl off; resolver off; }
                proxy_ssl starttls; proxy_ssl_verify off; proxy_ssl_name mail.test; proxy_ssl_protocols TLSv1.2 TLSv1.3; resolver 127.0.0.1 valid=5s; resolver_timeout 3s;
            }
            """).Upstreams;
        Assert.Null(groups[0].ProxyTls);
        Assert.Equal([(ProxyTlsMode.Starttls, "a.test"), (ProxyTlsMode.Off, "mail.test")], groups.Skip(1).Select(group => (group.ProxyTls!.Mode, group.ProxyTls!.Name!)));
        Assert.Equal(["TLSv1.3"], groups[1].ProxyTls!.Protocols);
        Assert.All(groups.Skip(1), group => Assert.False(group.ProxyTls!.Verify));
        Assert.Equal(["127.0.0.1:53", "127.0.0.1:53", ""], groups.Select(group => string.Join(' ', group.Resolver.Servers)));
        Assert.Equal((TimeSpan.FromSeconds(5), null, TimeSpan.FromSeconds(3)), (groups[0].Resolver.Valid, groups[2].Resolver.Valid, groups[2].Resolver.Timeout));
    }

    [Theory]
    [InlineData("", "", false)]
    [InlineData("", "proxy_pass 127.0.0.1:143;", false)]
    [InlineData("proxy_pass 127.0.0.1:143;", "proxy_pass_error_message on;", true)]
    public void With_an_auth_server_the_upstreams_words_are_not_for_clients(string mail, string server, bool passes) =>
        Assert.Equal(passes, Server(mail, server).Proxy.PassErrorMessage);

    [Theory]
    [InlineData("proxy_pass 127.0.0.1:143;", "", true)]
    [InlineData("proxy_pass 127.0.0.1:143;", "auth_http 127.0.0.1:9;", false)]
    [InlineData("proxy_pass 127.0.0.1:143; proxy_pass_error_message off;", "", false)]
    public void Where_proxy_pass_alone_decides_they_are(string mail, string server, bool passes) =>
        Assert.Equal(passes, Assert.Single(_conf.Options($"events {{}} mail {{ {mail} server {{ listen 143; {server} }} }}").Servers).Proxy.PassErrorMessage);

    [Fact]
    public void The_main_log_is_not_the_servers_but_mails_is()
    {
        var options = _conf.Options("error_log stderr info; error_log main crit; events {} mail { auth_http 127.0.0.1; error_log mail debug_mail; server { listen 143; } }");
        Assert.Equal([("stderr", ErrorLogLevel.Info), ($"{_conf.Directory}/prefix/main", ErrorLogLevel.Crit)], options.ErrorLog.Select(log => (log.Target, log.Level)));
        Assert.Equal([($"{_conf.Directory}/prefix/mail", ErrorLogLevel.Debug)], options.Servers[0].ErrorLog.Select(log => (log.Target, log.Level)));
    }

    [Fact]
    public void Every_parameter_of_listen_arrives_at_every_address_that_it_stands_for()
    {
        var listens = Server("", "listen mail.test:25-26 ssl proxy_protocol multipath backlog=7 rcvbuf=8k sndbuf=1m ipv6only=off so_keepalive=30m:5:3; ssl_certificate a; ssl_certificate_key a;").Listen;
        Assert.Equal(["127.0.0.1:1143", "192.0.2.1:25", "192.0.2.1:26", "192.0.2.2:25", "192.0.2.2:26"], listens.Select(listen => listen.Text));
        Assert.All(listens.Skip(1), listen =>
        {
            Assert.True(listen.Ssl && listen.ProxyProtocol && listen.Multipath && listen.Bind && !listen.Ipv6Only);
            Assert.Equal((7, 8192, 1_048_576), (listen.Backlog, listen.Rcvbuf, listen.Sndbuf));
            Assert.Equal((true, 1800, 5, 3), (listen.SoKeepalive, listen.KeepaliveIdle, listen.KeepaliveInterval, listen.KeepaliveCount));
        });
        Assert.Equal((false, false, false, 511, null, null, true), (listens[0].Ssl, listens[0].ProxyProtocol, listens[0].Bind, listens[0].Backlog, listens[0].Rcvbuf, listens[0].SoKeepalive, listens[0].Ipv6Only));
    }

    [Theory]
    [InlineData("so_keepalive=on", true, null, null, null)]
    [InlineData("so_keepalive=off", false, null, null, null)]
    [InlineData("so_keepalive=1m", true, 60, null, null)]
    [InlineData("so_keepalive=::4", true, null, null, 4)]
    [InlineData("so_keepalive=:5", true, null, 5, null)]
    public void Keepalive_takes_what_is_given(string parameter, bool isOn, int? idle, int? interval, int? count)
    {
        var listen = Server("", $"listen 20143 {parameter};").Listen[1];
        Assert.Equal((isOn, idle, interval, count, true), (listen.SoKeepalive, listen.KeepaliveIdle, listen.KeepaliveInterval, listen.KeepaliveCount, listen.Bind));
    }

    private ServerOptions Server(string mail, string server) =>
        Assert.Single(_conf.Options($"events {{}} mail {{ auth_http 127.0.0.1:9; {mail} server {{ listen 127.0.0.1:1143; protocol imap; {server} }} }}").Servers);
}

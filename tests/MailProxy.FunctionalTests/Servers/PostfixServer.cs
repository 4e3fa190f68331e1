using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>
/// A Postfix of the tests' own: its files and queue are in a temporary directory, mail to <c>example.org</c> goes to
/// Dovecot's mailboxes, everything else is thrown away. Loopback may use XCLIENT, and Dovecot says who may log in.
/// </summary>
internal sealed class PostfixServer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new("postfix");
    private ChildProcess? _process;

    public int Smtp { get; } = FreePort.Take();

    /// <summary>SMTP that begins with a PROXY header.</summary>
    public int SmtpBehindProxy { get; } = FreePort.Take();

    /// <summary>SMTP over TLS.</summary>
    public int Smtps { get; } = FreePort.Take();

    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => _directory.Combine("maillog");

    public static async Task<PostfixServer> StartAsync(DovecotServer dovecot)
    {
        var server = new PostfixServer();
        try
        {
            await server.WriteAsync(dovecot);
            server._process = ChildProcess.Start("/usr/sbin/postfix", ["-c", server._directory.Combine("etc"), "start-fg"]);
            await DovecotServer.WaitForGreetingAsync(server.Smtp, server._process, () => server._process.Error + server.Log);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public Task WaitForLogAsync(Func<string, bool> line, string what) => Patience.UntilAsync(
        () => Log.Split('\n').Any(line), () => $"{what} in Postfix's log:\n{Log}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await ChildProcess.RunAsync("/usr/sbin/postfix", "-c", _directory.Combine("etc"), "stop");
            await _process.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task WriteAsync(DovecotServer dovecot)
    {
        foreach (var name in new[] { "etc", "spool", "data" }) Directory.CreateDirectory(_directory.Combine(name));
        (await ChildProcess.RunAsync("/bin/chown", "postfix", _directory.Combine("data"))).Succeeded.ToString();
        await File.WriteAllTextAsync(_directory.Combine("etc/main.cf"), Main(dovecot));
        await File.WriteAllTextAsync(_directory.Combine("etc/master.cf"), Master());
        var names = ServerCertificates.Special.Select(name => $"{name} {dovecot.Certificates[name + ".key"]} {dovecot.Certificates[name + ".pem"]}\n");
        await File.WriteAllTextAsync(_directory.Combine("etc/names"), string.Concat(names));
        (await ChildProcess.RunAsync("/usr/sbin/postmap", "-c", _directory.Combine("etc"), "-F", $"hash:{_directory.Combine("etc/names")}")).Succeeded.ToString();
    }

    private string Main(DovecotServer dovecot) => $"""
        compatibility_level = 3.6
        myhostname = mx.test
        mydestination =
        mynetworks = 127.0.0.0/8
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        queue_directory = {_directory.Path}/spool
        data_directory = {_directory.Path}/data
        command_directory = /usr/sbin
        daemon_directory = /usr/lib/postfix/sbin
        mail_owner = postfix
        setgid_group = postdrop
        maillog_file = {LogFile}
        maillog_file_prefixes = {_directory.Path}
        alias_maps =
        alias_database =
        local_recipient_maps =
        virtual_mailbox_domains = example.org
        virtual_transport = lmtp:unix:{dovecot.LmtpSocket}
        default_transport = discard
        relay_transport = discard
        smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
        smtpd_recipient_restrictions =
        smtpd_authorized_xclient_hosts = 127.0.0.1
        smtpd_client_connection_count_limit = 0
        smtpd_client_connection_rate_limit = 0
        smtpd_sasl_auth_enable = yes
        smtpd_sasl_type = dovecot
        smtpd_sasl_path = {dovecot.AuthSocket}
        smtpd_tls_security_level = may
        smtpd_tls_cert_file = {dovecot.Certificates[ServerCertificates.Good + ".pem"]}
        smtpd_tls_key_file = {dovecot.Certificates[ServerCertificates.Good + ".key"]}
        smtpd_tls_CAfile = {dovecot.Certificates.Authority}
        smtpd_tls_ask_ccert = yes
        smtpd_tls_loglevel = 1
        tls_server_sni_maps = hash:{_directory.Path}/etc/names
        message_size_limit = 50000000
        mailbox_size_limit = 0
        virtual_mailbox_limit = 0

        """;

    private string Master() => $"""
        127.0.0.1:{Smtp} inet n - n - - smtpd
        127.0.0.1:{Smtps} inet n - n - - smtpd
          -o smtpd_tls_wrappermode=yes
        127.0.0.1:{SmtpBehindProxy} inet n - n - - smtpd
          -o smtpd_upstream_proxy_protocol=haproxy
        cleanup   unix  n       -       n       -       0       cleanup
        qmgr      unix  n       -       n       300     1       qmgr
        rewrite   unix  -       -       n       -       -       trivial-rewrite
        bounce    unix  -       -       n       -       0       bounce
        defer     unix  -       -       n       -       0       bounce
        trace     unix  -       -       n       -       0       bounce
        verify    unix  -       -       n       -       1       verify
        flush     unix  n       -       n       1000?   0       flush
        proxymap  unix  -       -       n       -       -       proxymap
        showq     unix  n       -       n       -       -       showq
        error     unix  -       -       n       -       -       error
        retry     unix  -       -       n       -       -       error
        discard   unix  -       -       n       -       -       discard
        lmtp      unix  -       -       n       -       -       lmtp
        anvil     unix  -       -       n       -       1       anvil
        tlsmgr    unix  -       -       n       1000?   1       tlsmgr
        postlog   unix-dgram n  -       n       -       1       postlogd

        """;
}

using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>
/// Mail servers other than Dovecot and Postfix, each in a <see cref="CopiedMachine"/> and with one user, <see cref="User"/>, whose
/// password is <see cref="ProxyServer.Secret"/>. Their certificate is for loopback's address.
/// </summary>
internal sealed class OtherMailServers : IAsyncDisposable
{
    public const string User = "alice";

    private const string EximCondition = "${if eq{$auth1 $auth2}{" + User + " " + ProxyServer.Secret + "}}";

    private readonly CopiedMachine _machine;
    private readonly ServerCertificates _certificates = new();

    private OtherMailServers(string layer) => _machine = new CopiedMachine(layer);

    /// <summary>IMAP of Cyrus and Courier, SMTP of OpenSMTPD and Exim; STARTTLS where the server has it.</summary>
    public int Port { get; } = FreePort.Take();

    /// <summary>POP3 of Cyrus and Courier.</summary>
    public int Pop3 { get; } = FreePort.Take();

    /// <summary>IMAP of Cyrus that takes passwords in clear text.</summary>
    public int ClearImap { get; } = FreePort.Take();

    public string Authority => _certificates.Authority;

    /// <summary>Where Exim and OpenSMTPD put the messages that they take.</summary>
    public string Mail => Path.Combine(_machine.Directory, "mail");

    public string Printed => _machine.Printed;

    private string Key => Path.Combine(_machine.Directory, "key.pem");

    private string Certificate => Path.Combine(_machine.Directory, "cert.pem");

    /// <summary>OpenSMTPD: AUTH only behind STARTTLS, 503 to a second EHLO, no XCLIENT; takes mail for <c>example.org</c> from everybody. Its handshakes fail: version 6.8 and OpenSSL 3 do not go together.</summary>
    public static Task<OtherMailServers> OpenSmtpdAsync() => StartAsync(CopiedMachine.OpenSmtpdAndCourier, server => $$"""
        cat > smtpd.conf <<END
        pki test cert "{{server.Certificate}}"
        pki test key "{{server.Key}}"
        table users file:{{server._machine.Directory}}/users
        listen on 127.0.0.1 port {{server.Port}} tls pki test auth-optional <users>
        action keep maildir "{{server.Mail}}" virtual { "@" = nobody }
        match from any for domain "example.org" action keep
        match auth from any for any action keep
        END
        install -d -o nobody mail
        echo "{{User}} $(echo '{{ProxyServer.Secret}}' | smtpctl encrypt)" > users
        exec smtpd -d -f "$PWD/smtpd.conf"
        """, server => [server.Port]);

    /// <summary>Exim: AUTH LOGIN and nothing else, no XCLIENT, takes mail from who has logged in.</summary>
    public static Task<OtherMailServers> EximAsync() => StartAsync(CopiedMachine.EximAndCyrus, server => $$"""
        cat > exim4.conf <<'END'
        primary_hostname = exim.test
        daemon_smtp_ports = {{server.Port}}
        local_interfaces = 127.0.0.1
        log_file_path = /var/log/exim4/%slog
        acl_smtp_rcpt = rcpt
        acl_smtp_data = data
        tls_advertise_hosts =
        begin acl
        rcpt:
          accept authenticated = *
          deny message = relay not permitted
        data:
          accept
        begin routers
        all:
          driver = accept
          transport = keep
        begin transports
        keep:
          driver = appendfile
          maildir_format
          directory = {{server.Mail}}
          create_directory
          user = nobody
        begin authenticators
        login:
          driver = plaintext
          public_name = LOGIN
          server_prompts = Username:: : Password::
          server_condition = {{EximCondition}}
          server_set_id = $auth1
        END
        mkdir mail
        chown nobody mail
        cp exim4.conf /etc/exim4/        # with -C it would not be root when it delivers
        exec exim4 -bdf -q5s
        """, server => [server.Port]);

    /// <summary>Cyrus: LOGINDISABLED and POP3's USER refused until TLS, but on <see cref="ClearImap"/>; capabilities in the greeting, LITERAL+.</summary>
    public static Task<OtherMailServers> CyrusAsync() => StartAsync(CopiedMachine.EximAndCyrus, server => $$"""
        cat > imapd.conf <<END
        configdirectory: /var/lib/cyrus
        defaultpartition: default
        partition-default: /var/spool/cyrus/mail
        servername: cyrus.test
        virtdomains: userid
        defaultdomain: cyrus.test
        sasl_pwcheck_method: auxprop
        sasl_auxprop_plugin: sasldb
        sasl_sasldb_path: /var/lib/cyrus/sasldb2
        sasl_mech_list: PLAIN LOGIN
        allowplaintext: no
        clear_allowplaintext: yes
        tls_server_cert: {{server.Certificate}}
        tls_server_key: {{server.Key}}
        autocreate_quota: 0
        autocreate_post: yes
        END
        cat > cyrus.conf <<END
        START { recover cmd="ctl_cyrusdb -C $PWD/imapd.conf -r" }
        SERVICES {
          imap cmd="imapd -C $PWD/imapd.conf" listen="127.0.0.1:{{server.Port}}" prefork=0
          clear cmd="imapd -C $PWD/imapd.conf" listen="127.0.0.1:{{server.ClearImap}}" prefork=0
          pop3 cmd="pop3d -C $PWD/imapd.conf" listen="127.0.0.1:{{server.Pop3}}" prefork=0
        }
        END
        echo '{{ProxyServer.Secret}}' | saslpasswd2 -p -c -u cyrus.test -f /var/lib/cyrus/sasldb2 {{User}}
        chown cyrus:mail /var/lib/cyrus/sasldb2
        chgrp mail key.pem
        chmod 640 key.pem
        exec cyrmaster -C "$PWD/imapd.conf" -M "$PWD/cyrus.conf" -p /run/cyrus-master.pid -D
        """, server => [server.Port, server.ClearImap, server.Pop3]);

    /// <summary>Courier: no TLS here, capabilities in the greeting only; its OK to LOGIN lists none.</summary>
    public static Task<OtherMailServers> CourierAsync() => StartAsync(CopiedMachine.OpenSmtpdAndCourier, server => $$"""
        sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' /etc/courier/authdaemonrc
        maildirmake Maildir
        chown -R nobody:nogroup Maildir
        install -m 700 /dev/null /etc/courier/userdb
        install -d -o courier /run/courier/authdaemon
        userdb {{User}} set uid=65534 gid=65534 home="$PWD" mail="$PWD/Maildir"
        userdb {{User}} set systempw="$(openssl passwd -5 '{{ProxyServer.Secret}}')"
        makeuserdb
        export LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/courier-authlib
        set -a
        . /etc/courier/authdaemonrc
        /usr/lib/courier/courier-authlib/authdaemond &
        . /etc/courier/pop3d
        couriertcpd -address=127.0.0.1 -maxprocs=40 -maxperip=40 -nodnslookup -noidentlookup {{server.Pop3}} \
            /usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir &
        . /etc/courier/imapd
        exec couriertcpd -address=127.0.0.1 -maxprocs=40 -maxperip=40 -nodnslookup -noidentlookup {{server.Port}} \
            /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir
        """, server => [server.Port, server.Pop3]);

    public async ValueTask DisposeAsync()
    {
        await _machine.DisposeAsync();
        _certificates.Dispose();
    }

    private static async Task<OtherMailServers> StartAsync(string layer, Func<OtherMailServers, string> script, Func<OtherMailServers, int[]> ports)
    {
        var server = new OtherMailServers(layer);
        try
        {
            File.Copy(server._certificates[ServerCertificates.Good + ".pem"], server.Certificate);
            File.Copy(server._certificates[ServerCertificates.Good + ".key"], server.Key);
            File.SetUnixFileMode(server.Key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await server._machine.StartAsync($"cd '{server._machine.Directory}'\n{script(server)}\n", ports(server));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}

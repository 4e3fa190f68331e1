using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>
/// A Dovecot of the tests' own. Every user name exists and has the password <see cref="ProxyServer.Secret"/>, so that each
/// test has a mailbox to itself. Loopback may say by PROXY who the client is.
/// </summary>
internal sealed class DovecotServer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new("dovecot");
    private ChildProcess? _process;

    public int Imap { get; } = FreePort.Take();

    public int Pop3 { get; } = FreePort.Take();

    /// <summary>IMAP that begins with a PROXY header.</summary>
    public int ImapBehindProxy { get; } = FreePort.Take();

    /// <summary>POP3 that begins with a PROXY header.</summary>
    public int Pop3BehindProxy { get; } = FreePort.Take();

    /// <summary>IMAP over TLS.</summary>
    public int Imaps { get; } = FreePort.Take();

    /// <summary>POP3 over TLS.</summary>
    public int Pop3s { get; } = FreePort.Take();

    public ServerCertificates Certificates { get; } = new();

    /// <summary>Where Postfix asks about logins.</summary>
    public string AuthSocket => _directory.Combine("auth");

    /// <summary>Takes mail by LMTP.</summary>
    public string LmtpSocket => _directory.Combine("lmtp");

    public string Log => File.ReadAllText(_directory.Combine("dovecot.log"));

    public static async Task<DovecotServer> StartAsync()
    {
        var server = new DovecotServer();
        try
        {
            File.WriteAllText(server._directory.Combine("dovecot.conf"), server.Configuration());
            await server.BeginAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, or starts it again after <see cref="KillAsync"/>, at the same ports.</summary>
    public async Task BeginAsync()
    {
        _process = ChildProcess.Start("/usr/sbin/dovecot", ["-F", "-c", _directory.Combine("dovecot.conf")]);
        foreach (var port in new[] { Imap, Pop3 }) await WaitForGreetingAsync(port, _process, () => _process.Error);
    }

    /// <summary>Ends it with all its processes at once, and all sessions with them.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.DisposeAsync();
        _process = null;
        foreach (var port in new[] { Imap, Pop3 }) await Patience.UntilAsync(() => !Peer.IsListening(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port)), () => $"port {port} to be closed");
    }

    public Task WaitForLogAsync(Func<string, bool> line, string what) => Patience.UntilAsync(
        () => Log.Split('\n').Any(line), () => $"{what} in Dovecot's log:\n{Log}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _directory.Dispose();
        Certificates.Dispose();
    }

    internal static Task WaitForGreetingAsync(int port, ChildProcess process, Func<string> said) => Patience.UntilAsync(
        () =>
        {
            if (process.HasExited) throw new InvalidOperationException(said());
            try
            {
                using var socket = new System.Net.Sockets.TcpClient("127.0.0.1", port) { ReceiveTimeout = 5000 };
                return socket.GetStream().ReadByte() > 0;
            }
            catch (Exception exception) when (exception is System.Net.Sockets.SocketException or IOException)
            {
                return false;
            }
        },
        () => $"a greeting on port {port}; it said: {said()}");

    private string Configuration() => $$"""
        instance_name = mailproxy-test
        base_dir = {{_directory.Path}}/run
        state_dir = {{_directory.Path}}/state
        log_path = {{_directory.Path}}/dovecot.log
        protocols = imap pop3 lmtp
        listen = 127.0.0.1
        default_internal_user = nobody
        default_internal_group = nogroup
        default_login_user = nobody
        first_valid_uid = 1
        mail_uid = nobody
        mail_gid = nogroup
        mail_location = maildir:{{Mail()}}/%u
        ssl = yes
        ssl_cert = <{{Certificates[ServerCertificates.Good + ".pem"]}}
        ssl_key = <{{Certificates[ServerCertificates.Good + ".key"]}}
        {{string.Join("\n", ServerCertificates.Special.Select(LocalName))}}
        disable_plaintext_auth = no
        auth_failure_delay = 0
        auth_cache_size = 0
        auth_ssl_username_from_cert = yes
        auth_username_chars =
        mail_max_userip_connections = 0
        login_trusted_networks = 127.0.0.0/8
        haproxy_trusted_networks = 127.0.0.0/8
        login_log_format_elements = user=<%u> method=%m rip=%r rport=%b lip=%l real_rip=%{real_rip} session=<%{session}> local_name=<%{local_name}> %c
        passdb {
          driver = static
          args = password={{ProxyServer.Secret}}
        }
        userdb {
          driver = static
          args = uid=nobody gid=nogroup home={{_directory.Path}}/mail/%u allow_all_users=yes
        }
        namespace inbox {
          inbox = yes
        }
        service anvil {
          chroot =
        }
        service stats {
          chroot =
        }
        service imap-login {
          chroot =
          inet_listener imap {
            port = {{Imap}}
          }
          inet_listener imaps {
            port = {{Imaps}}
          }
          inet_listener imap_haproxy {
            port = {{ImapBehindProxy}}
            haproxy = yes
          }
        }
        service pop3-login {
          chroot =
          inet_listener pop3 {
            port = {{Pop3}}
          }
          inet_listener pop3s {
            port = {{Pop3s}}
          }
          inet_listener pop3_haproxy {
            port = {{Pop3BehindProxy}}
            haproxy = yes
          }
        }
        service auth {
          unix_listener {{AuthSocket}} {
            mode = 0666
          }
        }
        service lmtp {
          unix_listener {{LmtpSocket}} {
            mode = 0666
          }
        }
        protocol lmtp {
          postmaster_address = postmaster@test.example
          auth_username_format = %n
        }
        """;

    private string LocalName(string name) =>
        $"local_name {name} {{\n  ssl_cert = <{Certificates[name + ".pem"]}\n  ssl_key = <{Certificates[name + ".key"]}\n}}";

    private string Mail()
    {
        var mail = Directory.CreateDirectory(_directory.Combine("mail")).FullName;
        File.SetUnixFileMode(mail, (UnixFileMode)0b111_111_111);
        return mail;
    }
}

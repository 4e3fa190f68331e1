using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Transport.Tls;

namespace MailProxy.Tls;

/// <summary>What handshakes of one <c>server</c> are made with. Files that change are read again for new handshakes; sessions keep what they began with.</summary>
internal sealed class TlsCertificates
{
    private readonly ITlsEngine _engine;
    private readonly TlsServerOptions _options;
    private readonly string[] _files;
    private volatile TlsServerContext _context;
    private string _stamp;
    private bool[] _readable;

    /// <param name="engine">The engine of the transport.</param>
    /// <param name="options">What the server's directives say.</param>
    /// <param name="previous">What handshakes were made with before a reload of the configuration.</param>
    /// <exception cref="TlsConfigurationException">A file or a value will not do.</exception>
    public TlsCertificates(ITlsEngine engine, TlsServerOptions options, TlsCertificates? previous = null)
    {
        _engine = engine;
        _options = options;
        _files = FilesOf(options);
        _stamp = FileStamp.Of(_files);                 // before they are read: a change meanwhile is then seen later
        _readable = Array.ConvertAll(_files, FileStamp.IsReadable);
        _context = engine.CreateServerContext(options, previous?._context);
    }

    /// <summary>For handshakes from now on.</summary>
    public TlsServerContext Context => _context;

    /// <summary>Reads the files again where one of them has changed. May block.</summary>
    /// <returns>Whether new ones are in use.</returns>
    /// <exception cref="TlsConfigurationException">They have changed and cannot be used, perhaps not yet: all stays as it was until they change again.</exception>
    public bool Refresh()
    {
        var (stamp, readable) = (FileStamp.Of(_files), Array.ConvertAll(_files, FileStamp.IsReadable));
        // Rights may come after the renewal, by a hook of its own; that they are lost with the change of account is no news of the file.
        var isNew = stamp != _stamp || readable.Zip(_readable).Any(file => file is (true, false));
        (_stamp, _readable) = (stamp, readable);
        if (!isNew) return false;
        _context = _engine.CreateServerContext(_options, _context);
        return true;
    }

    /// <summary>What a server's options are to the engine.</summary>
    /// <returns>Null where neither a <c>listen</c> nor <c>starttls</c> asks for TLS.</returns>
    public static TlsServerOptions? OptionsOf(ServerOptions server)
    {
        var tls = server.Tls;
        if (tls.Starttls == StarttlsMode.Off && !server.Listen.Any(listen => listen.Ssl)) return null;
        return new TlsServerOptions
        {
            Certificates = [.. tls.Certificate.Zip(tls.CertificateKey, (certificate, key) => new TlsKeyPair(certificate, key))],
            PasswordFile = NullIfEmpty(tls.PasswordFile),
            Protocols = [.. tls.Protocols],
            Ciphers = tls.Ciphers,
            PreferServerCiphers = tls.PreferServerCiphers,
            ConfCommands = [.. tls.ConfCommand.Select(command => KeyValuePair.Create(command.Name, command.Value))],
            DhParam = NullIfEmpty(tls.Dhparam),
            EcdhCurve = tls.EcdhCurve,
            SessionCache = [.. tls.SessionCache],
            SessionTimeout = tls.SessionTimeout,
            SessionTickets = tls.SessionTickets,
            SessionTicketKeys = [.. tls.SessionTicketKey],
            AsksForCertificate = tls.VerifyClient != ClientVerification.Off,
            VerifyDepth = tls.VerifyDepth,
            ClientCertificate = NullIfEmpty(tls.ClientCertificate),
            TrustedCertificate = NullIfEmpty(tls.TrustedCertificate),
            Crl = NullIfEmpty(tls.Crl),
            ApplicationProtocol = server.Protocol,
        };
    }

    /// <summary>All files and directories that they name.</summary>
    public static string[] FilesOf(TlsServerOptions options)
    {
        string?[] named =
        [
            .. options.Certificates.Select(pair => pair.Certificate), .. options.Certificates.Select(pair => pair.Key), .. options.SessionTicketKeys,
            .. options.ConfCommands.Where(command => ConfCommandGrammar.IsNamedBy(command.Key)).Select(command => command.Value),
            options.PasswordFile, options.DhParam, options.ClientCertificate, options.TrustedCertificate, options.Crl,
        ];
        return [.. named.OfType<string>().Where(Path.IsPathRooted)];       // data:, engine: and store: are no files
    }

    private static string? NullIfEmpty(string? text) => text?.Length > 0 ? text : null;
}

using System.Text;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>
/// One <c>server</c>'s handshakes. Clients that name nobody get the first certificate of each kind of key; where there are
/// several certificates, each name has an SSL_CTX with those that carry it, and SNI swaps it in.
/// </summary>
internal sealed unsafe partial class OpenSslServerContext : TlsServerContext
{
    private const int VerifyPeer = 1;
    private const int ControlServerNameCallback = 53;

    private readonly SslContextHandle _default;
    private readonly Dictionary<string, SslContextHandle> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly byte[] _protocolId;

    /// <exception cref="TlsConfigurationException">A file or a value will not do.</exception>
    public OpenSslServerContext(TlsServerOptions options, OpenSslServerContext? previous, TimeProvider time)
    {
        LibCrypto.ClearErrors();
        Tickets = options.SessionTicketKeys.Count > 0 ? TicketKeys.OfFiles(options.SessionTicketKeys) : TicketKeys.Random(options.SessionTimeout, time, previous?.Tickets);
        _protocolId = Encoding.ASCII.GetBytes(options.ApplicationProtocol ?? "");
        List<LoadedPair> pairs = [];
        try
        {
            foreach (var pair in options.Certificates) pairs.Add(LoadedPair.Load(pair, options.PasswordFile));
            var certificates = pairs.ConvertAll(pair => pair.Describe());
            Certificates = certificates;
            // Of two of one kind the later one wins in OpenSSL.
            _default = Create(options, Enumerable.Reverse(pairs));
            if (pairs.Count > 1) AddNames(options, pairs, certificates);
        }
        finally
        {
            foreach (var pair in pairs) pair.Dispose();
        }
    }

    public override IReadOnlyList<TlsCertificate> Certificates { get; }

    public TicketKeys Tickets { get; }

    public SessionStore? Sessions { get; private set; }

    /// <summary>Begins a session as the server. On the connection's loop.</summary>
    public OpenSslSession Accept(EpollConnection connection)
    {
        var ssl = LibSsl.New(_default);
        if (ssl == 0) throw new TlsException(TlsFailure.Handshake, "SSL_new() failed" + OpenSslError.Take());
        LibSsl.SetAcceptState(ssl);
        return new OpenSslSession(connection, this, ssl, target: null);
    }

    private SslContextHandle? Find(string name)
    {
        name = name.TrimEnd('.');
        if (_byName.TryGetValue(name, out var exact)) return exact;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byName.TryGetValue("*" + name[dot..], out var wildcard) ? wildcard : null;
    }

    /// <summary>One SSL_CTX for each set of certificates that share a name.</summary>
    private void AddNames(TlsServerOptions options, List<LoadedPair> pairs, List<TlsCertificate> certificates)
    {
        var contexts = new Dictionary<string, SslContextHandle> { [string.Join(',', Enumerable.Range(0, pairs.Count))] = _default };
        foreach (var name in certificates.SelectMany(certificate => certificate.Names).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var having = Enumerable.Range(0, pairs.Count).Where(i => certificates[i].Names.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList();
            var key = string.Join(',', having);
            if (!contexts.TryGetValue(key, out var context)) contexts[key] = context = Create(options, having.AsEnumerable().Reverse().Select(i => pairs[i]));
            _byName[name] = context;
        }

        if (contexts.Count > 1) LibSsl.SetCallback(_default, ControlServerNameCallback, (nint)(delegate* unmanaged<nint, int*, nint, int>)&ChooseCertificate);
    }

    private SslContextHandle Create(TlsServerOptions options, IEnumerable<LoadedPair> pairs)
    {
        var context = LibSsl.NewContext(LibSsl.ServerMethod());
        if (context.IsInvalid) throw OpenSslError.Configuration("SSL_CTX_new()");
        ContextSettings.ApplyCommon(context);
        ContextSettings.SetProtocols(context, options.Protocols);
        foreach (var pair in pairs) ContextSettings.Use(context, pair);
        ContextSettings.SetCiphers(context, options.Ciphers);
        if (options.PreferServerCiphers) LibSsl.SetOptions(context, ContextSettings.ServerPreference);
        SetVerification(context, options);
        SetDhParameters(context, options.DhParam);
        ContextSettings.SetCurves(context, options.EcdhCurve);
        if (_protocolId.Length > 0) LibSsl.OnApplicationProtocol(context, &ChooseProtocol, 0);
        SetSessions(context, options);
        Configure(context, options.ConfCommands);
        SessionScope.Apply(context, options);                  // last: the commands may have changed what clients are asked for
        return context;
    }

    private static void SetVerification(SslContextHandle context, TlsServerOptions options)
    {
        if (!options.AsksForCertificate) return;
        LibSsl.SetVerify(context, VerifyPeer, &AcceptAny);
        LibSsl.SetVerifyDepth(context, options.VerifyDepth);
        if (options.ClientCertificate is { } told)
        {
            ContextSettings.Trust(context, told);
            var names = LibSsl.LoadClientAuthorities(told);
            if (names == 0) throw OpenSslError.Configuration($"SSL_load_client_CA_file(\"{told}\")");
            LibSsl.SetClientAuthorities(context, names);
        }

        if (options.TrustedCertificate is { } untold) ContextSettings.Trust(context, untold);
        ContextSettings.SetCrl(context, options.Crl);
    }

    private static void SetDhParameters(SslContextHandle context, string? file)
    {
        if (file is null) return;
        var parameters = PemFile.ReadDhParameters(file);
        if (LibSsl.SetDhParameters(context, parameters) == 1) return;
        LibCrypto.FreeKey(parameters);
        throw OpenSslError.Configuration($"SSL_CTX_set0_tmp_dh_pkey(\"{file}\")");
    }

    private void SetSessions(SslContextHandle context, TlsServerOptions options)
    {
        _ = LibSsl.SetTimeout(context, (nint)options.SessionTimeout.TotalSeconds);
        SessionCacheSettings.Apply(context, options.SessionCache, store => Sessions = store);
        if (Sessions is not null)
        {
            LibSsl.OnNewSession(context, &StoreSession);
            LibSsl.OnGetSession(context, &FindSession);
            LibSsl.OnRemoveSession(context, &RemoveSession);
        }

        // One a handshake: mail clients open few connections, and every resumption gives the next (nginx leaves OpenSSL's 2).
        _ = LibSsl.SetTicketCount(context, 1);
        if (!options.SessionTickets) LibSsl.SetOptions(context, ContextSettings.NoTicket);
        else if (LibSsl.OnTicketKey(context, &UseTicketKey) == 0) throw OpenSslError.Configuration("SSL_CTX_set_tlsext_ticket_key_evp_cb()");
        if (LibSsl.OnTicket(context, &KeepAge, 0, 0) == 0) throw OpenSslError.Configuration("SSL_CTX_set_session_ticket_cb()");
    }

    private static void Configure(SslContextHandle context, IReadOnlyList<KeyValuePair<string, string>> commands)
    {
        const uint flags = 0x2 | 0x8 | 0x10 | 0x20;            // FILE, SERVER, SHOW_ERRORS, CERTIFICATE
        if (commands.Count == 0) return;
        var configuration = LibSsl.NewConfiguration();
        try
        {
            _ = LibSsl.SetConfigurationFlags(configuration, flags);
            LibSsl.Configure(configuration, context);
            foreach (var (name, value) in commands)
            {
                if (LibSsl.ConfigurationCommand(configuration, name, value) <= 0) throw OpenSslError.Configuration($"SSL_CONF_cmd(\"{name}\", \"{value}\")");
            }

            if (LibSsl.FinishConfiguration(configuration) != 1) throw OpenSslError.Configuration("SSL_CONF_finish()");
        }
        finally
        {
            LibSsl.FreeConfiguration(configuration);
        }
    }
}

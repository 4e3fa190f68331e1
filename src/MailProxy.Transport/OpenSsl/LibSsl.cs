using System.Runtime.InteropServices;

namespace MailProxy.Transport.OpenSsl;

/// <summary>libssl of OpenSSL 3, as thin as it comes: its names without the prefix. What moves bytes takes raw pointers, what is called once a context takes handles.</summary>
internal static unsafe partial class LibSsl
{
    private const string Library = "libssl.so.3";

    [LibraryImport(Library, EntryPoint = "TLS_server_method")]
    public static partial nint ServerMethod();

    [LibraryImport(Library, EntryPoint = "TLS_client_method")]
    public static partial nint ClientMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    public static partial SslContextHandle NewContext(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_options")]
    public static partial ulong SetOptions(SslContextHandle context, ulong options);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl")]
    public static partial nint Control(SslContextHandle context, int command, nint number, nint pointer);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Control(SslContextHandle context, int command, nint number, string text);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl")]
    public static partial nint Control(SslContextHandle context, int command, nint number, nint* pointer);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_callback_ctrl")]
    public static partial nint SetCallback(SslContextHandle context, int command, nint callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_cipher_list", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetCipherList(SslContextHandle context, string list);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_certificate")]
    public static partial int UseCertificate(SslContextHandle context, nint certificate);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_PrivateKey")]
    public static partial int UsePrivateKey(SslContextHandle context, nint key);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_load_verify_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int LoadVerifyFile(SslContextHandle context, string file);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_default_verify_paths")]
    public static partial int SetDefaultVerifyPaths(SslContextHandle context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_get_cert_store")]
    public static partial nint Store(SslContextHandle context);

    [LibraryImport(Library, EntryPoint = "SSL_load_client_CA_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint LoadClientAuthorities(string file);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_client_CA_list")]
    public static partial void SetClientAuthorities(SslContextHandle context, nint names);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_verify")]
    public static partial void SetVerify(SslContextHandle context, int mode, delegate* unmanaged<int, nint, int> callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_verify_depth")]
    public static partial void SetVerifyDepth(SslContextHandle context, int depth);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_session_id_context")]
    public static partial int SetSessionIdContext(SslContextHandle context, byte* id, uint length);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_timeout")]
    public static partial nint SetTimeout(SslContextHandle context, nint seconds);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_sess_set_new_cb")]
    public static partial void OnNewSession(SslContextHandle context, delegate* unmanaged<nint, nint, int> callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_sess_set_get_cb")]
    public static partial void OnGetSession(SslContextHandle context, delegate* unmanaged<nint, byte*, int, int*, nint> callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_sess_set_remove_cb")]
    public static partial void OnRemoveSession(SslContextHandle context, delegate* unmanaged<nint, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_tlsext_ticket_key_evp_cb")]
    public static partial int OnTicketKey(SslContextHandle context, delegate* unmanaged<nint, byte*, byte*, nint, nint, int, int> callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_session_ticket_cb")]
    public static partial int OnTicket(SslContextHandle context, delegate* unmanaged<nint, nint, int> made, nint opened, nint argument);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_set1_ticket_appdata")]
    public static partial int SetTicketData(nint session, void* data, nuint length);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_get0_ticket_appdata")]
    public static partial int TicketData(nint session, void** data, nuint* length);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_get_time")]
    public static partial nint SessionTime(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_set_time")]
    public static partial nint SetSessionTime(nint session, nint secondsOfUnix);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_get_timeout")]
    public static partial nint SessionTimeout(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_set_timeout")]
    public static partial nint SetSessionTimeout(nint session, nint seconds);

    [LibraryImport(Library, EntryPoint = "SSL_get_session")]
    public static partial nint CurrentSession(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_options")]
    public static partial ulong Options(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_num_tickets")]
    public static partial int SetTicketCount(SslContextHandle context, nuint count);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_alpn_select_cb")]
    public static partial void OnApplicationProtocol(SslContextHandle context, delegate* unmanaged<nint, byte**, byte*, byte*, uint, nint, int> callback, nint argument);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set0_tmp_dh_pkey")]
    public static partial int SetDhParameters(SslContextHandle context, nint key);

    [LibraryImport(Library, EntryPoint = "SSL_CONF_CTX_new")]
    public static partial nint NewConfiguration();

    [LibraryImport(Library, EntryPoint = "SSL_CONF_CTX_free")]
    public static partial void FreeConfiguration(nint configuration);

    [LibraryImport(Library, EntryPoint = "SSL_CONF_CTX_set_flags")]
    public static partial uint SetConfigurationFlags(nint configuration, uint flags);

    [LibraryImport(Library, EntryPoint = "SSL_CONF_CTX_set_ssl_ctx")]
    public static partial void Configure(nint configuration, SslContextHandle context);

    [LibraryImport(Library, EntryPoint = "SSL_CONF_cmd", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ConfigurationCommand(nint configuration, string name, string value);

    [LibraryImport(Library, EntryPoint = "SSL_CONF_CTX_finish")]
    public static partial int FinishConfiguration(nint configuration);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    public static partial nint New(SslContextHandle context);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    public static partial void Free(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_bio")]
    public static partial void SetBio(nint ssl, nint read, nint write);

    [LibraryImport(Library, EntryPoint = "SSL_set_accept_state")]
    public static partial void SetAcceptState(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_connect_state")]
    public static partial void SetConnectState(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint SslControl(nint ssl, int command, nint number, string text);

    [LibraryImport(Library, EntryPoint = "SSL_set_SSL_CTX")]
    public static partial nint SetContext(nint ssl, SslContextHandle context);

    [LibraryImport(Library, EntryPoint = "SSL_set_session")]
    public static partial int SetSession(nint ssl, SslSessionHandle session);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_free")]
    public static partial void FreeSession(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_get_id")]
    public static partial byte* SessionId(nint session, uint* length);

    [LibraryImport(Library, EntryPoint = "i2d_SSL_SESSION")]
    public static partial int WriteSession(nint session, byte** output);

    [LibraryImport(Library, EntryPoint = "d2i_SSL_SESSION")]
    public static partial nint ReadSession(nint* session, byte** input, nint length);

    [LibraryImport(Library, EntryPoint = "SSL_do_handshake")]
    public static partial int Handshake(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_read")]
    public static partial int Read(nint ssl, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_write")]
    public static partial int Write(nint ssl, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_shutdown")]
    public static partial int Shutdown(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_shutdown"), SuppressGCTransition]
    public static partial void SetShutdown(nint ssl, int mode);

    [LibraryImport(Library, EntryPoint = "SSL_get_error")]
    public static partial int Error(nint ssl, int result);

    [LibraryImport(Library, EntryPoint = "SSL_has_pending"), SuppressGCTransition]
    public static partial int HasPending(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_version")]
    public static partial nint Version(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_version")]
    public static partial int VersionNumber(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_current_cipher")]
    public static partial nint CurrentCipher(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_CIPHER_get_name")]
    public static partial nint CipherName(nint cipher);

    [LibraryImport(Library, EntryPoint = "SSL_get_servername")]
    public static partial nint ServerName(nint ssl, int type);

    [LibraryImport(Library, EntryPoint = "SSL_get0_alpn_selected")]
    public static partial void ApplicationProtocol(nint ssl, byte** name, uint* length);

    [LibraryImport(Library, EntryPoint = "SSL_session_reused")]
    public static partial int IsResumed(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_verify_result")]
    public static partial nint VerifyResult(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get1_peer_certificate")]
    public static partial nint PeerCertificate(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_certificate")]
    public static partial nint OwnCertificate(nint ssl);
}

using System.Runtime.InteropServices;
using System.Text;
using MailProxy.Wire;

namespace MailProxy.UserDirectory.Stores.Ldap;

/// <summary>One connection to an LDAP server. For one thread at a time; every call blocks, for as long as the timeout at most.</summary>
internal sealed class LdapConnection : IDisposable
{
    private const int Version3 = 3;

    /// <summary>Where systems keep the authorities that they trust: libldap alone knows of none.</summary>
    private static readonly string[] SystemAuthorities = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

    private readonly bool _verifies;
    private nint _handle;

    /// <summary>Names the server and, where asked for, begins TLS. Otherwise the first request connects.</summary>
    /// <exception cref="LdapException">It cannot be reached, or its certificate is not good.</exception>
    /// <exception cref="PassdbException">There is no libldap.</exception>
    public LdapConnection(PassdbOptions options)
    {
        _verifies = options.Verify && (options.Starttls || options.Uri.Contains("ldaps:", StringComparison.OrdinalIgnoreCase));
        try
        {
            Check(LibLdap.Initialize(out _handle, options.Uri), "ldap_initialize");
            Configure(options);
            if (options.Starttls) Check(LibLdap.StartTls(_handle, 0, 0), "STARTTLS");
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new PassdbException("passdb ldap needs OpenLDAP's library libldap.so.2 or libldap-2.5.so.0, which is not there", exception);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>When it was last used.</summary>
    public long Used { get; set; }

    /// <summary>Says who we are, with a password, which must not be empty: a server takes that for nobody, and says yes.</summary>
    /// <exception cref="LdapException">It is not so, or the server cannot say.</exception>
    public void Bind(string dn, ReadOnlySpan<byte> password)
    {
        if (password.IsEmpty && dn.Length > 0) throw new ArgumentException("An empty password is no proof.", nameof(password));
        var memory = Marshal.AllocHGlobal(password.Length + 1);
        try
        {
            unsafe
            {
                password.CopyTo(new Span<byte>((void*)memory, password.Length));
            }

            Check(LibLdap.Bind(_handle, dn, 0, new LibLdap.Octets((nuint)password.Length, memory), 0, 0, 0), "bind");
        }
        finally
        {
            unsafe
            {
                new Span<byte>((void*)memory, password.Length).Clear();
            }

            Marshal.FreeHGlobal(memory);
        }
    }

    /// <summary>Finds entries with these attributes; two at most, since a second one is one too many.</summary>
    /// <exception cref="LdapException">The server cannot say.</exception>
    public IReadOnlyList<LdapEntry> Search(string root, int scope, string filter, IReadOnlyCollection<string> attributes)
    {
        // "1.1" stands for none.
        nint[] names = [.. attributes.DefaultIfEmpty("1.1").Select(Marshal.StringToCoTaskMemUTF8), 0];
        nint result = 0;
        try
        {
            const int SizeLimitExceeded = 4;
            var code = LibLdap.Search(_handle, root, scope, filter, names, 0, 0, 0, new LibLdap.TimeValue(AnswerLimit.Usual), 2, out result);
            if (code != SizeLimitExceeded) Check(code, "search");
            var entries = new List<LdapEntry>();
            for (var entry = LibLdap.FirstEntry(_handle, result); entry != 0; entry = LibLdap.NextEntry(_handle, entry)) entries.Add(Read(entry, attributes));
            return entries;
        }
        finally
        {
            _ = LibLdap.FreeResult(result);
            foreach (var name in names) Marshal.FreeCoTaskMem(name);
        }
    }

    public void Dispose()
    {
        if (_handle != 0) _ = LibLdap.Unbind(_handle, 0, 0);
        _handle = 0;
    }

    private void Configure(PassdbOptions options)
    {
        var timeout = new LibLdap.TimeValue(AnswerLimit.Usual);
        // One machine that is off must leave time for the next.
        var connectTimeout = new LibLdap.TimeValue(AnswerLimit.Usual / options.Uri.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        Check(LibLdap.SetOption(_handle, LibLdap.OptionProtocolVersion, Version3), "LDAPv3");
        Check(LibLdap.SetFlag(_handle, LibLdap.OptionReferrals, 0), "LDAP_OPT_REFERRALS");
        Check(LibLdap.SetFlag(_handle, LibLdap.OptionRestart, 1), "LDAP_OPT_RESTART");
        Check(LibLdap.SetOption(_handle, LibLdap.OptionTimeout, timeout), "LDAP_OPT_TIMEOUT");
        Check(LibLdap.SetOption(_handle, LibLdap.OptionNetworkTimeout, connectTimeout), "LDAP_OPT_NETWORK_TIMEOUT");
        var authorities = options.Ca.Length > 0 ? options.Ca : Array.Find(SystemAuthorities, File.Exists);
        if (options.Ca.Length > 0 && !File.Exists(options.Ca)) throw new PassdbException($"cannot read \"{options.Ca}\"");
        if (authorities is not null) Check(LibLdap.SetOption(_handle, LibLdap.OptionTlsCaFile, authorities), "LDAP_OPT_X_TLS_CACERTFILE");
        Check(LibLdap.SetOption(_handle, LibLdap.OptionTlsRequireCertificate, options.Verify ? LibLdap.TlsDemand : LibLdap.TlsNever), "LDAP_OPT_X_TLS_REQUIRE_CERT");
        // Without this the two lines above would go to what all connections of the process share.
        Check(LibLdap.SetOption(_handle, LibLdap.OptionTlsNewContext, 0), $"TLS with \"{authorities}\"");
    }

    private LdapEntry Read(nint entry, IReadOnlyCollection<string> attributes)
    {
        var dn = LibLdap.GetDn(_handle, entry);
        try
        {
            return new LdapEntry(Marshal.PtrToStringUTF8(dn) ?? "", attributes.ToDictionary(name => name, name => ReadValue(entry, name), StringComparer.OrdinalIgnoreCase));
        }
        finally
        {
            LibLdap.Free(dn);
        }
    }

    /// <summary>The first value; null where there is none.</summary>
    private string? ReadValue(nint entry, string attribute)
    {
        var values = LibLdap.GetValues(_handle, entry, attribute);
        if (values == 0) return null;
        try
        {
            var first = Marshal.ReadIntPtr(values);
            if (first == 0) return null;
            var octets = Marshal.PtrToStructure<LibLdap.Octets>(first);
            unsafe
            {
                return Encoding.UTF8.GetString(new ReadOnlySpan<byte>((void*)octets.Bytes, (int)octets.Length));
            }
        }
        finally
        {
            LibLdap.FreeValues(values);
        }
    }

    private void Check(int code, string what)
    {
        if (code == LibLdap.Success) return;
        var text = Marshal.PtrToStringUTF8(LibLdap.ErrorText(code)) ?? "";
        if (_handle != 0 && LibLdap.GetText(_handle, LibLdap.OptionDiagnosticMessage, out var detail) == LibLdap.Success && detail != 0)
        {
            var said = Marshal.PtrToStringUTF8(detail) ?? "";
            LibLdap.Free(detail);
            if (said.Length > 0) text += $": {said}";
        }

        // Built with GnuTLS, as Debian's is, it does not tell one from the other.
        if (code < 0 && _verifies) text += ", or its certificate is not good";
        throw new LdapException(code, $"{what}: {PeerText.ToText(Encoding.UTF8.GetBytes(text))} ({code})");
    }
}

/// <summary>An entry: its name, and the first value of each attribute that was asked for.</summary>
internal sealed record LdapEntry(string Dn, IReadOnlyDictionary<string, string?> Attributes);

/// <summary>A request to an LDAP server came to nothing.</summary>
/// <param name="code">libldap's number.</param>
/// <param name="message">What it says, for the log.</param>
internal sealed class LdapException(int code, string message) : Exception(message)
{
    public int Code => code;
}

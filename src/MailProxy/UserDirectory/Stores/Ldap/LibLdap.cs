using System.Runtime.InteropServices;

namespace MailProxy.UserDirectory.Stores.Ldap;

/// <summary>
/// OpenLDAP's libldap. System.DirectoryServices.Protocols stands on the same library, but cannot name a file of CA
/// certificates for one connection.
/// </summary>
internal static partial class LibLdap
{
    public const string Library = "libldap";

    public const int Success = 0;
    public const int NoSuchObject = 32;
    public const int InappropriateAuthentication = 48;
    public const int InvalidCredentials = 49;
    public const int ServerDown = -1;

    public const int OptionReferrals = 0x0008;
    public const int OptionRestart = 0x0009;
    public const int OptionProtocolVersion = 0x0011;
    public const int OptionDiagnosticMessage = 0x0032;
    public const int OptionTimeout = 0x5002;
    public const int OptionNetworkTimeout = 0x5005;
    public const int OptionTlsCaFile = 0x6002;
    public const int OptionTlsRequireCertificate = 0x6006;
    public const int OptionTlsNewContext = 0x600f;

    public const int TlsNever = 0;
    public const int TlsDemand = 2;

    public const int ScopeBase = 0;
    public const int ScopeSubtree = 2;

    static LibLdap() => SystemLibraries.Prepare(Library, "libldap.so.2", "libldap-2.5.so.0", "libldap_r-2.4.so.2");

    [LibraryImport(Library, EntryPoint = "ldap_initialize", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Initialize(out nint connection, string uris);

    [LibraryImport(Library, EntryPoint = "ldap_unbind_ext_s")]
    public static partial int Unbind(nint connection, nint serverControls, nint clientControls);

    [LibraryImport(Library, EntryPoint = "ldap_set_option")]
    public static partial int SetOption(nint connection, int option, in int value);

    [LibraryImport(Library, EntryPoint = "ldap_set_option")]
    public static partial int SetOption(nint connection, int option, in TimeValue value);

    /// <summary>For flags: zero is off, anything else on.</summary>
    [LibraryImport(Library, EntryPoint = "ldap_set_option")]
    public static partial int SetFlag(nint connection, int option, nint value);

    [LibraryImport(Library, EntryPoint = "ldap_set_option", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetOption(nint connection, int option, string value);

    [LibraryImport(Library, EntryPoint = "ldap_get_option")]
    public static partial int GetText(nint connection, int option, out nint value);

    [LibraryImport(Library, EntryPoint = "ldap_err2string")]
    public static partial nint ErrorText(int error);

    [LibraryImport(Library, EntryPoint = "ldap_memfree")]
    public static partial void Free(nint memory);

    [LibraryImport(Library, EntryPoint = "ldap_start_tls_s")]
    public static partial int StartTls(nint connection, nint serverControls, nint clientControls);

    /// <summary>A simple bind where <paramref name="mechanism"/> is zero.</summary>
    [LibraryImport(Library, EntryPoint = "ldap_sasl_bind_s", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Bind(nint connection, string dn, nint mechanism, in Octets credentials, nint serverControls, nint clientControls, nint serverCredentials);

    [LibraryImport(Library, EntryPoint = "ldap_search_ext_s", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Search(
        nint connection, string root, int scope, string filter, nint[] attributes, int onlyTypes, nint serverControls, nint clientControls, in TimeValue timeout, int sizeLimit, out nint result);

    [LibraryImport(Library, EntryPoint = "ldap_msgfree")]
    public static partial int FreeResult(nint result);

    [LibraryImport(Library, EntryPoint = "ldap_first_entry")]
    public static partial nint FirstEntry(nint connection, nint result);

    [LibraryImport(Library, EntryPoint = "ldap_next_entry")]
    public static partial nint NextEntry(nint connection, nint entry);

    [LibraryImport(Library, EntryPoint = "ldap_get_dn")]
    public static partial nint GetDn(nint connection, nint entry);

    [LibraryImport(Library, EntryPoint = "ldap_get_values_len", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GetValues(nint connection, nint entry, string attribute);

    [LibraryImport(Library, EntryPoint = "ldap_value_free_len")]
    public static partial void FreeValues(nint values);

    /// <summary><c>struct timeval</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct TimeValue(TimeSpan time)
    {
        public readonly nint Seconds = (nint)time.TotalSeconds;
        public readonly nint Microseconds = (time.Milliseconds * 1000) + time.Microseconds;
    }

    /// <summary><c>struct berval</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Octets(nuint length, nint bytes)
    {
        public readonly nuint Length = length;
        public readonly nint Bytes = bytes;
    }
}

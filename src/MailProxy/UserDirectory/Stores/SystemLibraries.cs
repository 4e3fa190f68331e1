using System.Reflection;
using System.Runtime.InteropServices;
using MailProxy.UserDirectory.Passwords;
using MailProxy.UserDirectory.Stores.Ldap;

namespace MailProxy.UserDirectory.Stores;

/// <summary>Libraries whose file names differ from system to system. One that comes with the program goes before the system's.</summary>
internal static class SystemLibraries
{
    private static readonly Dictionary<string, string[]> Files = new()
    {
        [LibCrypt.Library] = ["libcrypt.so.1", "libcrypt.so.2"],
        [Argon2.Library] = ["libsodium.so.26", "libsodium.so.23"],
        [LibLdap.Library] = ["libldap.so.2", "libldap-2.5.so.0", "libldap_r-2.4.so.2"],
    };

    static SystemLibraries() => NativeLibrary.SetDllImportResolver(typeof(SystemLibraries).Assembly, Resolve);

    /// <summary>Makes sure that they are found. To be called before the first of their functions.</summary>
    public static void Prepare()
    {
        // The static constructor does it, once.
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (NativeLibrary.TryLoad(name, assembly, path, out var own)) return own;
        foreach (var file in Files.GetValueOrDefault(name, []))
        {
            if (NativeLibrary.TryLoad(file, out var library)) return library;
        }

        return 0;
    }
}

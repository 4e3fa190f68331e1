using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;

namespace MailProxy.UserDirectory;

/// <summary>Libraries whose file names differ from system to system. One that comes with the program goes before the system's.</summary>
internal static class SystemLibraries
{
    private static readonly ConcurrentDictionary<string, string[]> Files = new(StringComparer.Ordinal);

    static SystemLibraries() => NativeLibrary.SetDllImportResolver(typeof(SystemLibraries).Assembly, Resolve);

    /// <summary>Makes sure that one is found. To be called before the first of its functions.</summary>
    /// <param name="name">The name that its functions are imported by.</param>
    /// <param name="files">What it may be called, the best first.</param>
    public static void Prepare(string name, params string[] files) => Files[name] = files;

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

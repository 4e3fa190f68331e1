using System.Runtime.InteropServices;
using System.Text;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>OpenSSL's queue of errors, which is the thread's, as nginx prints it.</summary>
internal static unsafe class OpenSslError
{
    private const int HasText = 0x02;          // ERR_TXT_STRING

    /// <summary>Empties the queue.</summary>
    /// <returns><c> (SSL: error:…)</c>; empty where there was none.</returns>
    public static string Take()
    {
        var text = new StringBuilder();
        var buffer = stackalloc byte[256];
        while (true)
        {
            nint file, function, data;
            int line, flags;
            var error = LibCrypto.NextError(&file, &line, &function, &data, &flags);
            if (error == 0) break;
            LibCrypto.ErrorText(error, buffer, 256);
            text.Append(text.Length == 0 ? " (SSL: " : " ").Append(Marshal.PtrToStringUTF8((nint)buffer));
            if ((flags & HasText) != 0 && Marshal.PtrToStringUTF8(data) is { Length: > 0 } detail) text.Append(':').Append(detail);
        }

        return text.Length == 0 ? "" : text.Append(')').ToString();
    }

    /// <summary>The failure of a call that had to do with the configuration.</summary>
    public static TlsConfigurationException Configuration(string what) => new($"{what} failed{Take()}");
}

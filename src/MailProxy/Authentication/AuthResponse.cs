using System.Buffers.Text;
using System.Net;
using System.Text;
using MailProxy.Configuration.Grammar;
using MailProxy.Tls;

namespace MailProxy.Authentication;

/// <summary>What the headers of an auth server's answer said, as they were sent. Holds <c>Auth-Pass</c>: never print it.</summary>
internal sealed class AuthResponse
{
    // Longer waits than a timer can hold are cut: about 24 days.
    private const long LongestWait = int.MaxValue / 1000;

    private bool _keepsAlive;
    private bool _isEncoded;
    private long? _contentLength;

    /// <summary>The last <c>Auth-Status</c> that was neither OK nor WAIT; a later OK does not take it back.</summary>
    public byte[]? FailureText { get; private set; }

    /// <summary>Whether some <c>Auth-Status</c> was WAIT.</summary>
    public bool MustWait { get; private set; }

    public byte[] Server { get; private set; } = [];

    public byte[] Port { get; private set; } = [];

    public byte[]? User { get; private set; }

    public byte[]? Password { get; private set; }

    public TimeSpan Wait { get; private set; }

    public byte[]? ErrorCode { get; private set; }

    public bool? SmtpAuth { get; private set; }

    /// <summary><c>Auth-Proxy-SSL</c>.</summary>
    public byte[]? ProxySsl { get; private set; }

    /// <summary>Bytes of the body where the server keeps the connection open behind it; null where it cannot be used again.</summary>
    public long? KeptBehindBody => _keepsAlive && !_isEncoded ? _contentLength : null;

    public override string ToString() => "auth_http answer (withheld)";

    /// <summary>Takes one header; names that are not known, and values that mean nothing, are passed over.</summary>
    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Is(name, "Auth-Status"u8)) SetStatus(value);
        else if (Is(name, "Auth-Server"u8)) Server = value.ToArray();
        else if (Is(name, "Auth-Port"u8)) Port = value.ToArray();
        else if (Is(name, "Auth-User"u8)) User = value.ToArray();
        else if (Is(name, "Auth-Pass"u8)) Password = value.ToArray();
        else if (Is(name, "Auth-Error-Code"u8)) ErrorCode = value.ToArray();
        else if (Is(name, "Auth-Wait"u8)) SetWait(value);
        else if (Is(name, "Auth-SMTP"u8)) SetSmtpAuth(value);
        else if (Is(name, "Auth-Proxy-SSL"u8)) ProxySsl = value.ToArray();
        else if (Is(name, "Connection"u8)) _keepsAlive = Is(value, "keep-alive"u8);
        else if (Is(name, "Content-Length"u8)) _contentLength = TryParseDigits(value, out var length) ? length : null;
        else if (Is(name, "Transfer-Encoding"u8)) _isEncoded = true;
    }

    /// <summary>Reads <c>Auth-User</c> and <c>Auth-Pass</c> as <c>auth_http_encoding</c> says. Once.</summary>
    /// <returns>Null, or the header that is not so encoded; it is then as if it had not been there.</returns>
    public string? Decode(AuthHttpEncoding encoding)
    {
        var (user, password) = (User, Password);
        User = user is null ? null : AuthHeaders.Decode(user, encoding);
        Password = password is null ? null : AuthHeaders.Decode(password, encoding);
        return user is not null && User is null ? "Auth-User" : password is not null && Password is null ? "Auth-Pass" : null;
    }

    /// <summary>The value of <c>Auth-Server</c>: an address as nginx reads it, a dotted quad or bare IPv6; else the name of a host or of an <c>upstream</c> group.</summary>
    /// <returns>The address or the name, and which it is; null where it is neither.</returns>
    public (string Name, bool IsName)? ParseServer()
    {
        if (ParseAddress() is { } address) return (address.ToString(), false);
        var text = Encoding.ASCII.GetString(Server);
        return HostName.IsValid(text) ? (text, true) : null;
    }

    private IPAddress? ParseAddress()
    {
        if (ParseQuad(Server) is { } quad) return quad;
        foreach (var octet in Server)
        {
            if (!char.IsAsciiHexDigit((char)octet) && octet is not ((byte)':' or (byte)'.')) return null;
        }

        return Server.AsSpan().Contains((byte)':') && IPAddress.TryParse(Encoding.ASCII.GetString(Server), out var address) ? address : null;
    }

    /// <summary>The value of <c>Auth-Port</c>, 1 to 65535, or null.</summary>
    public int? ParsePort() => TryParseDigits(Port, out var port) && port is > 0 and <= 65535 ? (int)port : null;

    /// <summary>The value of <c>Auth-Proxy-SSL</c>: <c>off</c>, <c>on</c>, <c>starttls</c>, or null.</summary>
    public ProxyTlsMode? ParseProxySsl() =>
        ProxySsl.AsSpan().SequenceEqual("off"u8) ? ProxyTlsMode.Off
        : ProxySsl.AsSpan().SequenceEqual("on"u8) ? ProxyTlsMode.On
        : ProxySsl.AsSpan().SequenceEqual("starttls"u8) ? ProxyTlsMode.Starttls
        : null;

    private void SetStatus(ReadOnlySpan<byte> value)
    {
        if (value.SequenceEqual("OK"u8)) return;
        if (value.SequenceEqual("WAIT"u8)) MustWait = true;
        else FailureText = value.ToArray();
    }

    private void SetWait(ReadOnlySpan<byte> value)
    {
        if (TryParseDigits(value, out var seconds)) Wait = TimeSpan.FromSeconds(Math.Min(seconds, LongestWait));
    }

    private void SetSmtpAuth(ReadOnlySpan<byte> value)
    {
        if (value.SequenceEqual("yes"u8)) SmtpAuth = true;
        else if (value.SequenceEqual("no"u8)) SmtpAuth = false;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known) => Ascii.EqualsIgnoreCase(name, known);

    private static bool TryParseDigits(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        return !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(text, out value, out var used) && used == text.Length;
    }

    // Not IPAddress.Parse: it takes 127.1, and 010 as octal.
    private static IPAddress? ParseQuad(ReadOnlySpan<byte> text)
    {
        Span<byte> address = stackalloc byte[4];
        var count = 0;
        foreach (var range in text.Split((byte)'.'))
        {
            if (count == address.Length || !TryParseDigits(text[range], out var part) || part > 255) return null;
            address[count++] = (byte)part;
        }

        return count == address.Length ? new IPAddress(address) : null;
    }
}

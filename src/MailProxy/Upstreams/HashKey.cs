using System.Buffers;
using System.Net;
using System.Text;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Observing;

namespace MailProxy.Upstreams;

/// <summary>The key of <c>hash</c>: text with the variables <c>$auth_user</c> and <c>$remote_addr</c>, also in braces. More is not known of a client before it is logged in.</summary>
internal sealed class HashKey
{
    private const string User = "auth_user";
    private const string Address = "remote_addr";

    private readonly string _text;
    private readonly List<(VariableTextPart Part, byte[] Text)> _parts;

    private HashKey(string text, IEnumerable<VariableTextPart> parts)
    {
        _text = text;
        _parts = [.. parts.Select(part => (part, Encoding.UTF8.GetBytes(part.Text)))];
    }

    /// <summary>Reads a key.</summary>
    /// <returns>Null where it is wrong, which is then reported.</returns>
    public static HashKey? Parse(string text, Report report)
    {
        var parts = new List<VariableTextPart>();
        if (VariableText.Parse(text, parts) is { } reason) report.Error(reason);
        else if (parts.Count == 0) report.Error("\"hash\" directive invalid value");
        else if (parts.Find(part => part.IsVariable && part.Text is not (User or Address)) is { } unknown) report.Error($"unknown \"{unknown.Text}\" variable");
        else return new HashKey(text, parts);
        return null;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => _text;

    /// <summary>The key of one login.</summary>
    /// <param name="login">The login.</param>
    /// <param name="client">Who logs in.</param>
    /// <param name="isExact">Whether the login is taken as the client sent it. Else all spellings of one login are one key: servers that share no store must not see a user on two of them.</param>
    public byte[] Expand(byte[] login, IPAddress? client, bool isExact)
    {
        if (!isExact) login = Fold(login);
        if (_parts is [({ IsVariable: true, Text: User }, _)]) return login;
        var key = new ArrayBufferWriter<byte>(64);
        foreach (var (part, text) in _parts)
        {
            key.Write(part switch
            {
                { IsVariable: true, Text: User } => login,
                { IsVariable: true } => client is null ? [] : Encoding.ASCII.GetBytes(NginxAddress.ToText(client)),
                _ => text,
            });
        }

        return key.WrittenSpan.ToArray();
    }

    /// <summary>Other alphabets are left as they are: what is upper case there is the server's to know.</summary>
    private static byte[] Fold(byte[] login)
    {
        var folded = login.AsSpan().Trim(" \t\r\n"u8).ToArray();
        foreach (ref var octet in folded.AsSpan())
        {
            if (char.IsAsciiLetterUpper((char)octet)) octet |= 0x20;
        }

        return folded;
    }
}

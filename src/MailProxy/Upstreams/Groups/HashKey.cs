using System.Buffers;
using System.Net;
using System.Text;
using MailProxy.Observing;

namespace MailProxy.Upstreams.Groups;

/// <summary>The key of <c>hash</c>: text with the variables <c>$auth_user</c> and <c>$remote_addr</c>, also in braces.</summary>
/// <param name="isExact">Whether a login is taken as the client sent it. Else all spellings of one login are one key: servers that share no store must not see a user on two of them.</param>
internal sealed class HashKey(bool isExact)
{
    private readonly List<(Part Kind, byte[] Text)> _parts = [];

    private enum Part
    {
        Text,
        User,
        Address,
    }

    /// <summary>Reads a key that the configuration's loader has accepted.</summary>
    public static HashKey Parse(string key, bool isExact)
    {
        var result = new HashKey(isExact);
        while (key.Length > 0)
        {
            var (part, length) = Begins(key, "auth_user") is > 0 and var user ? (Part.User, user)
                : Begins(key, "remote_addr") is > 0 and var address ? (Part.Address, address)
                : (Part.Text, key.IndexOf('$', 1) is > 0 and var next ? next : key.Length);
            result._parts.Add((part, Encoding.UTF8.GetBytes(key[..length])));
            key = key[length..];
        }

        return result;
    }

    /// <summary>The key of one login.</summary>
    public byte[] Expand(byte[] login, IPAddress? client)
    {
        if (!isExact) login = Fold(login);
        if (_parts is [(Part.User, _)]) return login;
        var key = new ArrayBufferWriter<byte>(64);
        foreach (var (part, text) in _parts)
        {
            key.Write(part switch
            {
                Part.User => login,
                Part.Address => client is null ? [] : Encoding.ASCII.GetBytes(NginxAddress.ToText(client)),
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

    /// <returns>The length of <c>$name</c> or <c>${name}</c> at the start of the key; 0 where it is not there.</returns>
    private static int Begins(string key, string name)
    {
        if (key.StartsWith($"${{{name}}}", StringComparison.Ordinal)) return name.Length + 3;
        var isThere = key.StartsWith('$' + name, StringComparison.Ordinal) && (key.Length == name.Length + 1 || !(char.IsAsciiLetterOrDigit(key[name.Length + 1]) || key[name.Length + 1] == '_'));
        return isThere ? name.Length + 1 : 0;
    }
}

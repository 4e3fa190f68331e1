using System.Buffers;
using System.Net;
using System.Text;
using MailProxy.Diagnostics;

namespace MailProxy.Routing;

/// <summary>The key of <c>hash</c>: text with the variables <c>$auth_user</c> and <c>$remote_addr</c>, also in braces.</summary>
internal sealed class HashKey
{
    private readonly List<(Part Kind, byte[] Text)> _parts = [];

    private enum Part
    {
        Text,
        User,
        Address,
    }

    /// <summary>Reads a key that the configuration's loader has accepted.</summary>
    public static HashKey Parse(string key)
    {
        var result = new HashKey();
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

    /// <returns>The length of <c>$name</c> or <c>${name}</c> at the start of the key; 0 where it is not there.</returns>
    private static int Begins(string key, string name)
    {
        if (key.StartsWith($"${{{name}}}", StringComparison.Ordinal)) return name.Length + 3;
        var isThere = key.StartsWith('$' + name, StringComparison.Ordinal) && (key.Length == name.Length + 1 || !(char.IsAsciiLetterOrDigit(key[name.Length + 1]) || key[name.Length + 1] == '_'));
        return isThere ? name.Length + 1 : 0;
    }
}

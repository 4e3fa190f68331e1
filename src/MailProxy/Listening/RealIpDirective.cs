using System.Globalization;
using System.Net;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Listening;

/// <summary>The word of <c>set_real_ip_from</c>.</summary>
internal static class RealIpDirective
{
    public static void Read(string word, HostLookup lookup, Report report, List<string> values)
    {
        if (word == NetAddress.UnixPrefix)
        {
            values.Add(word);
            return;
        }

        if (TryReadNetwork(word, report, out var network))
        {
            values.Add(network);
            return;
        }

        var found = lookup(word);
        if (found.Count == 0) report.Error($"host not found in set_real_ip_from \"{word}\"");
        values.AddRange(found.Select(address => address.ToString()));
    }

    private static bool TryReadNetwork(string word, Report report, out string network)
    {
        network = "";
        var slash = word.IndexOf('/');
        var text = slash < 0 ? word : word[..slash];
        if (!NetAddress.TryParseIpv4(text, out var address) && !NetAddress.TryParseIpv6(text, out address)) return false;
        if (slash < 0)
        {
            network = address.ToString();
            return true;
        }

        var bytes = address.GetAddressBytes();
        if (!int.TryParse(word.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits) || bits > bytes.Length * 8) return false;

        if (Mask(bytes, bits)) report.Warn($"low address bits of {word} are meaningless");
        network = $"{new IPAddress(bytes)}/{bits.ToString(CultureInfo.InvariantCulture)}";
        return true;
    }

    /// <summary>Clears the bits that are not of the network.</summary>
    /// <returns>Whether any of them was set.</returns>
    private static bool Mask(byte[] address, int bits)
    {
        var changed = false;
        for (var i = 0; i < address.Length; i++)
        {
            var kept = (byte)(0xFF00 >> Math.Clamp(bits - (i * 8), 0, 8));
            changed |= (address[i] & ~kept) != 0;
            address[i] &= kept;
        }

        return changed;
    }
}

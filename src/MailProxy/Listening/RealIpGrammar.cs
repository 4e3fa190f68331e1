using System.Collections;
using System.Globalization;
using System.Net;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Listening;

/// <summary>The word of <c>set_real_ip_from</c>: an address, a network, a name that may have several addresses, or <c>unix:</c>.</summary>
internal sealed class RealIpGrammar : ValueGrammar
{
    public override string Syntax(ValueAttribute attribute) => "address | network/bits | name | unix:";

    public override IList CreateList() => new List<RealIpSource>();

    public override void Read(DirectiveCall call)
    {
        var word = call.Arguments[0];
        if (word == NetAddress.UnixPrefix) call.Add(RealIpSource.Unix);
        else if (ReadNetwork(word, call.Report) is { } network) call.Add(new RealIpSource(network));
        else if (call.Context.Lookup(word) is { Count: > 0 } found) call.AddAll(found.Select(address => new RealIpSource(Host(address))));
        else call.Report.Error($"host not found in set_real_ip_from \"{word}\"");
    }

    private static IPNetwork? ReadNetwork(string word, Report report)
    {
        var slash = word.IndexOf('/');
        var text = slash < 0 ? word : word[..slash];
        if (!NetAddress.TryParseIpv4(text, out var address) && !NetAddress.TryParseIpv6(text, out address)) return null;
        if (slash < 0) return Host(address);

        var bytes = address.GetAddressBytes();
        if (!int.TryParse(word.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits) || bits > bytes.Length * 8) return null;
        if (Mask(bytes, bits)) report.Warn($"low address bits of {word} are meaningless");
        return new IPNetwork(new IPAddress(bytes), bits);
    }

    private static IPNetwork Host(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);

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

using System.Net;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary><c>server</c> of an <c>upstream</c>: an address that may stand for several, and parameters that hold for each of them.</summary>
internal sealed class UpstreamServerGrammar : ItemGrammar<UpstreamServerOptions>
{
    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override void Read(DirectiveCall call)
    {
        var server = new UpstreamServerOptions();
        foreach (var (property, value) in ItemParameters<UpstreamServerOptions>.Read(call.Arguments.Skip(1), call.Context, call.Report)) property.SetValue(server, value);
        Add(call, call.Arguments[0], server);
    }

    public override void ReadItem(DirectiveCall call, KeyItem item) =>
        Add(call, item.Text(nameof(UpstreamServerOptions.Address)), ItemBinder<UpstreamServerOptions>.Bind(item, call.Context, call.Report));

    private static void Add(DirectiveCall call, string word, UpstreamServerOptions server)
    {
        var addresses = new List<EndPoint>();
        var reason = NetAddress.ReadUpstream(word, out var address);
        var isName = address is { Literal: null, IsUnix: false };
        server = server with { Resolve = server.Resolve && isName, Host = server.Host.Length > 0 || address.IsUnix ? server.Host : address.Host };
        reason ??= isName && address.Port is null ? "no port"
            : server.Resolve ? (HostName.IsValid(address.Host) ? null : "invalid host")
            : address.IsUnix ? NetAddress.ReadUnix(word, addresses)
            : NetAddress.ReadPeer(word, 0, call.Context.Lookup, addresses);
        if (reason is not null) call.Report.Error(NetAddress.UpstreamError(reason, word));
        if (call.Report.HasFailed) return;
        call.AddAll((server.Resolve ? [address] : addresses.Select(UpstreamAddress.Of)).Select(found => server with { Address = found }));
    }
}

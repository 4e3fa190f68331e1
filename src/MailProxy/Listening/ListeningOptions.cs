using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Listening;

/// <summary>Where a server listens, and whose word it takes for who the client is.</summary>
internal sealed class ListeningOptions
{
    /// <summary>Directive <c>listen</c>, one entry for each address that it stands for (ranges and host names are spread out).</summary>
    [Directive<ListenGrammar>("listen", DirectiveContexts.Server, Syntax = "address[:port[-port]] [parameter ...]")]
    public IList<MailListenOptions> Listen { get; set; } = [];

    /// <summary>Directive <c>set_real_ip_from</c>: the peers whose PROXY header names the client: an address, <c>address/bits</c>, or <c>unix:</c> (host names already resolved).</summary>
    [Directive<RealIpGrammar>("set_real_ip_from")]
    public IList<RealIpSource> SetRealIpFrom { get; set; } = [];
}

/// <summary>What blocks have of it.</summary>
internal static class ListeningSections
{
    public static IReadOnlyList<OptionSection> All { get; } = [OptionSection.Of<ListeningOptions>(OptionScope.Server)];

    extension(ServerOptions server)
    {
        public IList<MailListenOptions> Listen
        {
            get => server.Of<ListeningOptions>().Listen;
            set => server.Of<ListeningOptions>().Listen = value;
        }

        public IList<RealIpSource> SetRealIpFrom
        {
            get => server.Of<ListeningOptions>().SetRealIpFrom;
            set => server.Of<ListeningOptions>().SetRealIpFrom = value;
        }
    }
}

using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Resolving;

/// <summary>What blocks have of name servers: directives <c>resolver</c> and <c>resolver_timeout</c>.</summary>
internal static class ResolverSections
{
    private const string Prefix = "Resolver:";

    public static IReadOnlyList<OptionSection> All { get; } = [OptionSection.Of<ResolverOptions>(OptionScope.Server, Prefix), OptionSection.Of<ResolverOptions>(OptionScope.Upstream, Prefix)];

    extension(ServerOptions server)
    {
        public ResolverOptions Resolver
        {
            get => server.Of<ResolverOptions>();
            set => server.Set(value);
        }
    }

    extension(UpstreamGroupOptions group)
    {
        /// <summary>Who is asked about names with <c>resolve</c>. Without name servers the system is.</summary>
        public ResolverOptions Resolver
        {
            get => group.Of<ResolverOptions>();
            set => group.Set(value);
        }
    }
}

using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.UserDirectory.Stores;

/// <summary>Where users are, and who may ask about them.</summary>
internal sealed class DirectoryOptions
{
    /// <summary>Directive <c>passdb</c>, in order: where users are. The first that knows a user decides.</summary>
    [Directive<PassdbGrammar>("passdb", DirectiveContexts.Mail)]
    public IList<PassdbOptions> Passdb { get; set; } = [];

    /// <summary>Directive <c>auth_endpoint_key</c>: who sends it as <c>X-Auth-Key</c> may ask at <c>/auth</c>, from wherever, and nobody else. A secret. Default none: loopback may.</summary>
    [Directive<SecretGrammar>("auth_endpoint_key", DirectiveContexts.Mail, Syntax = "key | file:path", Default = "none")]
    public string AuthEndpointKey { get; set; } = "";
}

/// <summary>What blocks have of the directory.</summary>
internal static class DirectorySections
{
    public static IReadOnlyList<OptionSection> All { get; } = [OptionSection.Of<DirectoryOptions>(OptionScope.Main)];

    extension(MailProxyOptions options)
    {
        public IList<PassdbOptions> Passdb
        {
            get => options.Of<DirectoryOptions>().Passdb;
            set => options.Of<DirectoryOptions>().Passdb = value;
        }

        public string AuthEndpointKey
        {
            get => options.Of<DirectoryOptions>().AuthEndpointKey;
            set => options.Of<DirectoryOptions>().AuthEndpointKey = value;
        }
    }
}

using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Protocols.Imap;

/// <summary>Directives <c>imap_*</c>.</summary>
internal sealed class ImapOptions
{
    /// <summary>Directive <c>imap_auth</c>: <c>plain</c>, <c>login</c>, <c>cram-md5</c>, <c>external</c>, in lower case. Default plain.</summary>
    [Directive<ChoicesGrammar>("imap_auth", Words = ["plain", "login", "cram-md5", "external"])]
    public IList<string> Auth { get; set; } = ["plain"];

    /// <summary>Directive <c>imap_capabilities</c>. Default <c>IMAP4 IMAP4rev1 UIDPLUS</c>.</summary>
    [Directive<WordsGrammar>("imap_capabilities")]
    public IList<string> Capabilities { get; set; } = ["IMAP4", "IMAP4rev1", "UIDPLUS"];

    /// <summary>Directive <c>imap_client_buffer</c> in bytes, SASL responses aside: the most that one command may hold. Default 4096.</summary>
    [Directive<SizeGrammar>("imap_client_buffer")]
    public int ClientBuffer { get; set; } = 4096;

    /// <summary>Directive <c>imap_id</c>: ID (RFC 2971) is answered before login; off, it is an unknown command, as to nginx. Default on.</summary>
    [Directive<FlagGrammar>("imap_id")]
    public bool Id { get; set; } = true;
}

/// <summary>What blocks have of it.</summary>
internal static class ImapSections
{
    private const string UpstreamPrefix = "Proxy:";

    public static IReadOnlyList<OptionSection> All { get; } =
        [OptionSection.Of<ImapOptions>(OptionScope.Server, "Imap:"), OptionSection.Of<ImapUpstreamOptions>(OptionScope.Server, UpstreamPrefix)];

    extension(ServerOptions server)
    {
        /// <summary>Directives <c>imap_*</c>.</summary>
        public ImapOptions Imap
        {
            get => server.Of<ImapOptions>();
            set => server.Set(value);
        }

        /// <summary>What goes to IMAP servers.</summary>
        public ImapUpstreamOptions ImapUpstream
        {
            get => server.Of<ImapUpstreamOptions>();
            set => server.Set(value);
        }
    }
}

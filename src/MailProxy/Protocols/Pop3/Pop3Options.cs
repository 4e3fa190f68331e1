using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Protocols.Pop3;

/// <summary>Directives <c>pop3_*</c>.</summary>
internal sealed class Pop3Options
{
    /// <summary>Directive <c>pop3_auth</c>: <c>plain</c>, <c>apop</c>, <c>cram-md5</c>, <c>external</c>, in lower case; <c>login</c> comes with plain. Default plain.</summary>
    [Directive<ChoicesGrammar>("pop3_auth", Words = ["plain", "apop", "cram-md5", "external"])]
    public IList<string> Auth { get; set; } = ["plain"];

    /// <summary>Directive <c>pop3_capabilities</c>. Default <c>TOP USER UIDL</c>.</summary>
    [Directive<WordsGrammar>("pop3_capabilities")]
    public IList<string> Capabilities { get; set; } = ["TOP", "USER", "UIDL"];

    /// <summary>Directive <c>pop3_client_buffer</c> in bytes, SASL responses aside: the longest command line (RFC 2449, section 4). Default 255.</summary>
    [Directive<SizeGrammar>("pop3_client_buffer")]
    public int ClientBuffer { get; set; } = 255;
}

/// <summary>What blocks have of it.</summary>
internal static class Pop3Sections
{
    public static IReadOnlyList<OptionSection> All { get; } = [OptionSection.Of<Pop3Options>(OptionScope.Server, "Pop3:")];

    extension(ServerOptions server)
    {
        /// <summary>Directives <c>pop3_*</c>.</summary>
        public Pop3Options Pop3
        {
            get => server.Of<Pop3Options>();
            set => server.Set(value);
        }
    }
}

using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Protocols.Imap;

/// <summary>What goes to IMAP servers.</summary>
internal sealed class ImapUpstreamOptions
{
    /// <summary>Directive <c>proxy_imap_capability</c>: an IMAP upstream whose answer to the login lists no capabilities is asked for them, and the client is told. Default auto.</summary>
    [Directive<ChoiceGrammar>("proxy_imap_capability", Words = ["auto", "on", "off"])]
    public ImapCapabilityMode ImapCapability { get; set; }
}

/// <summary>Values of <c>proxy_imap_capability</c>.</summary>
internal enum ImapCapabilityMode
{
    /// <summary><c>auto</c>: for a client that has asked us for them since its connection is what it is, clear or TLS: it would keep our list.</summary>
    Auto,

    /// <summary><c>on</c>: for every client.</summary>
    On,

    /// <summary><c>off</c>: for none, as in nginx.</summary>
    Off,
}

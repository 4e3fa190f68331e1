using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Protocols.Imap;

/// <summary>Directives <c>imap_*</c>.</summary>
public sealed class ImapOptions
{
    /// <summary>Directive <c>imap_auth</c>: <c>plain</c>, <c>login</c>, <c>cram-md5</c>, <c>external</c>, in lower case. Default plain.</summary>
    [Directive("imap_auth", DirectiveKind.Choices, Words = ["plain", "login", "cram-md5", "external"])]
    public IList<string> Auth { get; set; } = ["plain"];

    /// <summary>Directive <c>imap_capabilities</c>. Default <c>IMAP4 IMAP4rev1 UIDPLUS</c>.</summary>
    [Directive("imap_capabilities", DirectiveKind.Words)]
    public IList<string> Capabilities { get; set; } = ["IMAP4", "IMAP4rev1", "UIDPLUS"];

    /// <summary>Directive <c>imap_client_buffer</c> in bytes, SASL responses aside: the most that one command may hold. Default 4096.</summary>
    [Directive("imap_client_buffer", DirectiveKind.Size)]
    public int ClientBuffer { get; set; } = 4096;

    /// <summary>Directive <c>imap_id</c>: ID (RFC 2971) is answered before login; off, it is an unknown command, as to nginx. Default on.</summary>
    [Directive("imap_id", DirectiveKind.Flag)]
    public bool Id { get; set; } = true;
}

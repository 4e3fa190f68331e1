namespace MailProxy.Configuration;

/// <summary>Directives <c>imap_*</c>.</summary>
public sealed class ImapOptions
{
    /// <summary>Directive <c>imap_auth</c>: <c>plain</c>, <c>login</c>, <c>cram-md5</c>, <c>external</c>, in lower case. Default plain.</summary>
    public IList<string> Auth { get; set; } = ["plain"];

    /// <summary>Directive <c>imap_capabilities</c>. Default <c>IMAP4 IMAP4rev1 UIDPLUS</c>.</summary>
    public IList<string> Capabilities { get; set; } = ["IMAP4", "IMAP4rev1", "UIDPLUS"];

    /// <summary>Directive <c>imap_client_buffer</c> in bytes: the most that one command may hold. Default 4096.</summary>
    public int ClientBuffer { get; set; } = 4096;
}

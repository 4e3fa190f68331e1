namespace MailProxy.Configuration;

/// <summary>Directives <c>smtp_*</c>.</summary>
public sealed class SmtpOptions
{
    /// <summary>Directive <c>smtp_auth</c>: <c>plain</c>, <c>login</c>, <c>cram-md5</c>, <c>external</c>, <c>none</c>, in lower case. Default plain and login.</summary>
    public IList<string> Auth { get; set; } = ["plain", "login"];

    /// <summary>Directive <c>smtp_capabilities</c>. Default: none.</summary>
    public IList<string> Capabilities { get; set; } = [];

    /// <summary>Directive <c>smtp_client_buffer</c> in bytes: the longest command line. Default 4096.</summary>
    public int ClientBuffer { get; set; } = 4096;

    /// <summary>Directive <c>smtp_greeting_delay</c>: the client must be silent for this long before the greeting. Default 0, no delay.</summary>
    public TimeSpan GreetingDelay { get; set; }
}

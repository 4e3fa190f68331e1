using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Protocols.Smtp;

/// <summary>Directives <c>smtp_*</c>.</summary>
internal sealed class SmtpOptions
{
    /// <summary>Directive <c>smtp_auth</c>: <c>plain</c>, <c>login</c>, <c>cram-md5</c>, <c>external</c>, <c>none</c>, in lower case. Default plain and login.</summary>
    [Directive<ChoicesGrammar>("smtp_auth", Words = ["plain", "login", "cram-md5", "external", "none"])]
    public IList<string> Auth { get; set; } = ["plain", "login"];

    /// <summary>Directive <c>smtp_capabilities</c>. Default: none.</summary>
    [Directive<WordsGrammar>("smtp_capabilities")]
    public IList<string> Capabilities { get; set; } = [];

    /// <summary>Directive <c>smtp_client_buffer</c> in bytes, SASL responses aside: the longest command line. Default 4096.</summary>
    [Directive<SizeGrammar>("smtp_client_buffer")]
    public int ClientBuffer { get; set; } = 4096;

    /// <summary>Directive <c>smtp_greeting_delay</c>: the client must be silent for this long before the greeting. Default 0, no delay.</summary>
    [Directive<MillisecondsGrammar>("smtp_greeting_delay")]
    public TimeSpan GreetingDelay { get; set; }
}

/// <summary>What blocks have of it.</summary>
internal static class SmtpSections
{
    /// <summary>What the keys begin with that say what goes to servers.</summary>
    public const string UpstreamPrefix = "Proxy:";

    public static IReadOnlyList<OptionSection> All { get; } =
        [OptionSection.Of<SmtpOptions>(OptionScope.Server, "Smtp:"), OptionSection.Of<SmtpUpstreamOptions>(OptionScope.Server, UpstreamPrefix)];

    extension(ServerOptions server)
    {
        /// <summary>Directives <c>smtp_*</c>.</summary>
        public SmtpOptions Smtp
        {
            get => server.Of<SmtpOptions>();
            set => server.Set(value);
        }

        /// <summary>What goes to SMTP servers.</summary>
        public SmtpUpstreamOptions SmtpUpstream
        {
            get => server.Of<SmtpUpstreamOptions>();
            set => server.Set(value);
        }
    }
}

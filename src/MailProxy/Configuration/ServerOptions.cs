using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Configuration;

/// <summary>One <c>server { }</c> of <c>mail { }</c>, with what it inherits already applied.</summary>
internal sealed class ServerOptions : OptionBlock
{
    /// <summary>Where the block stands, <c>FILE:LINE</c>, or its configuration key. For messages only.</summary>
    public string Source { get; set; } = "";

    /// <summary>Directive <c>protocol</c>: the name of one. Default: by the first listen with a well-known port.</summary>
    [Directive<ProtocolGrammar>("protocol", DirectiveContexts.Server, IsRepeatable = true, Default = "by port")]
    public string Protocol { get; set; } = "";

    /// <summary>Directive <c>server_name</c>. Default: the host's name in lower case.</summary>
    [Directive<TextGrammar>("server_name", Syntax = "name", Default = "host name")]
    public string ServerName { get; set; } = "";

    /// <summary>Directive <c>timeout</c>: the time before login, and again the time of the whole login at the upstream. Default 60 seconds.</summary>
    [Directive<MillisecondsGrammar>("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Directive <c>max_errors</c>: commands that cannot be parsed before the session is closed. Default 5.</summary>
    [Directive<NumberGrammar>("max_errors")]
    public int MaxErrors { get; set; } = 5;
}

using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Observing.Logs;

/// <summary>The log of the process.</summary>
internal sealed class ProcessLogOptions
{
    /// <summary>Directive <c>error_log</c> of the main context. Empty: the log that <c>-e</c> names, stderr by default, at level error.</summary>
    [Directive<ErrorLogGrammar>("error_log", DirectiveContexts.Main, Syntax = "file | stderr | syslog:... [level]", Default = "stderr error")]
    public IList<ErrorLogOptions> ErrorLog { get; set; } = [];
}

/// <summary>The logs of a server's sessions.</summary>
internal sealed class SessionLogOptions
{
    /// <summary>Directive <c>error_log</c> where <c>mail { }</c> or the server has its own. Empty: the main context's.</summary>
    [Directive<ErrorLogGrammar>("error_log", Default = "main's")]
    public IList<ErrorLogOptions> ErrorLog { get; set; } = [];

    /// <summary>Directive <c>log_format</c> of <c>mail { }</c>; <c>combined</c> and <c>json</c> are there without.</summary>
    [Directive<LogFormatGrammar>("log_format", DirectiveContexts.Mail, Syntax = "name [escape=default | json | none] string ...", Default = "combined, json")]
    public IList<LogFormatOptions> LogFormats { get; set; } = [];

    /// <summary>Directive <c>access_log</c>: a line for each session. Empty, or with an <c>off</c>: none.</summary>
    [Directive<AccessLogGrammar>("access_log", Syntax = "file | stdout | stderr | syslog:... | off [format]", Default = "off")]
    public IList<AccessLogOptions> AccessLog { get; set; } = [];
}

/// <summary>What blocks have of logs.</summary>
internal static class LogSections
{
    public static IReadOnlyList<OptionSection> All { get; } = [OptionSection.Of<ProcessLogOptions>(OptionScope.Main), OptionSection.Of<SessionLogOptions>(OptionScope.Server)];

    extension(MailProxyOptions options)
    {
        public IList<ErrorLogOptions> ErrorLog
        {
            get => options.Of<ProcessLogOptions>().ErrorLog;
            set => options.Of<ProcessLogOptions>().ErrorLog = value;
        }
    }

    extension(ServerOptions server)
    {
        public IList<ErrorLogOptions> ErrorLog
        {
            get => server.Of<SessionLogOptions>().ErrorLog;
            set => server.Of<SessionLogOptions>().ErrorLog = value;
        }

        public IList<LogFormatOptions> LogFormats
        {
            get => server.Of<SessionLogOptions>().LogFormats;
            set => server.Of<SessionLogOptions>().LogFormats = value;
        }

        public IList<AccessLogOptions> AccessLog
        {
            get => server.Of<SessionLogOptions>().AccessLog;
            set => server.Of<SessionLogOptions>().AccessLog = value;
        }
    }
}

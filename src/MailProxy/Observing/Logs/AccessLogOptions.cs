namespace MailProxy.Observing.Logs;

/// <summary>One <c>access_log</c>: where a line for each session goes, and what it looks like.</summary>
internal sealed class AccessLogOptions
{
    /// <summary><c>stdout</c>, <c>stderr</c>, the full path of a file, or nginx's <c>syslog:server=…</c>. <c>off</c>: nothing is written, whatever else the level has.</summary>
    public string Target { get; set; } = Off;

    /// <summary>The name of a <c>log_format</c>. Default <c>combined</c>.</summary>
    public string Format { get; set; } = LogFormatOptions.Combined;

    internal const string Off = "off";
}

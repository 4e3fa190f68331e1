namespace MailProxy.Observing.Logs;

/// <summary>One <c>log_format</c>.</summary>
internal sealed class LogFormatOptions
{
    /// <summary>Its name, by which <c>access_log</c> asks for it.</summary>
    public string Name { get; set; } = "";

    /// <summary>Parameter <c>escape</c>. Default: nginx's, <c>\xHH</c>.</summary>
    public LogEscape Escape { get; set; }

    /// <summary>The line, with its variables as <c>$name</c> or <c>${name}</c>.</summary>
    public string Format { get; set; } = "";

    /// <summary>The format of an <c>access_log</c> that names none.</summary>
    internal const string Combined = "combined";

    /// <summary>The format that has every variable.</summary>
    internal const string Json = "json";

    /// <summary>Whether the name is one of a format that is always there.</summary>
    internal static bool IsPredefined(string name) => name is Combined or Json;
}

/// <summary>How the values of variables are escaped.</summary>
internal enum LogEscape
{
    /// <summary><c>"</c>, <c>\</c> and every byte that is not printable ASCII become <c>\xHH</c>; what is unset is <c>-</c>.</summary>
    Default,

    /// <summary>As a JSON string needs it; what is unset is empty.</summary>
    Json,

    /// <summary>Not at all: peers may then write line ends into the log. What is unset is empty.</summary>
    None,
}

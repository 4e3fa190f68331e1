namespace MailProxy.Configuration.Binding;

/// <summary>Takes errors and warnings about one place.</summary>
/// <param name="messages">Where they go.</param>
/// <param name="where">The place: <c>FILE:LINE</c> or a configuration key.</param>
internal sealed class Report(List<ConfigurationMessage> messages, string where)
{
    public string Where => where;

    /// <summary>Whether there was any error.</summary>
    public bool HasFailed { get; private set; }

    public void Error(string text)
    {
        HasFailed = true;
        messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, $"{text} in {where}"));
    }

    /// <summary>Reports an error.</summary>
    /// <returns>False.</returns>
    public bool Fail(string text)
    {
        Error(text);
        return false;
    }

    /// <summary>The same for a key below this one.</summary>
    public Report At(string key) => new(messages, $"{where}:{key}");

    public void Warn(string text) => messages.Add(new ConfigurationMessage(ErrorLogLevel.Warn, $"{text} in {where}"));
}

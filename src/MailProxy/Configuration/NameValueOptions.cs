namespace MailProxy.Configuration;

/// <summary>A name and its value, as the directive has them.</summary>
internal sealed class NameValueOptions
{
    /// <summary>The name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its value.</summary>
    public string Value { get; set; } = "";
}

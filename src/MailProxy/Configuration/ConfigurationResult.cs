namespace MailProxy.Configuration;

/// <summary>What a load came to.</summary>
internal sealed class ConfigurationResult
{
    /// <summary>The options; null when there is any error.</summary>
    public required MailProxyOptions? Options { get; init; }

    /// <summary>Every error and warning.</summary>
    public required IReadOnlyList<ConfigurationMessage> Messages { get; init; }

    /// <summary>The files that were read, each once, in the order of reading.</summary>
    public required IReadOnlyList<ConfFile> Files { get; init; }

    /// <summary>The same, with one more warning.</summary>
    public ConfigurationResult With(ConfigurationMessage warning) => new() { Options = Options, Messages = [.. Messages, warning], Files = Files };
}

/// <summary>An error or a warning.</summary>
/// <param name="Level"><see cref="ErrorLogLevel.Emerg"/> or <see cref="ErrorLogLevel.Warn"/>.</param>
/// <param name="Text">The whole text, with <c> in FILE:LINE</c>.</param>
internal sealed record ConfigurationMessage(ErrorLogLevel Level, string Text);

/// <summary>A file of the configuration.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record ConfFile(string Path, ReadOnlyMemory<byte> Content);

using Microsoft.Extensions.Configuration;

namespace MailProxy.Configuration;

/// <summary>For programs that embed the proxy and build their configuration themselves.</summary>
public static class MailConfExtensions
{
    /// <summary>Adds a configuration file in nginx's syntax as a source of <c>Mail:…</c> keys; sources added later win over it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="path">The file; relative paths start at the current directory.</param>
    /// <returns>The builder.</returns>
    public static IConfigurationBuilder AddMailConf(this IConfigurationBuilder builder, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new ConfConfigurationSource(path));
    }
}

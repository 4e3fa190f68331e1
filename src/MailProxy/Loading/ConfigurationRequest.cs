using Microsoft.Extensions.Configuration;

namespace MailProxy.Loading;

/// <summary>Where the configuration comes from.</summary>
/// <param name="ConfPath">The full path of the main file; null or missing is allowed where the overlay has <c>Mail:Servers</c>.</param>
/// <param name="Prefix">The directory at which relative names of <c>pid</c> and <c>error_log</c> start.</param>
/// <param name="GlobalDirectives">What <c>-g</c> says, read before the file.</param>
/// <param name="Overlay"><c>Mail:…</c> keys, which win over the file.</param>
internal sealed record ConfigurationRequest(string? ConfPath, string Prefix, string? GlobalDirectives, IConfiguration? Overlay)
{
    /// <summary>What it may speak of.</summary>
    public Features Features { get; init; } = Features.BuiltIn;
}

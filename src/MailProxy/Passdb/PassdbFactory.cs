using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Passdb;

/// <summary>From a directive to its driver.</summary>
internal static class PassdbFactory
{
    public static IPassdb Create(PassdbOptions options, PassdbServices services, ILogger log) => options.Driver switch
    {
        "static" => new StaticPassdb(options, services.Passwords, log),
        var driver => throw new ArgumentException($"No passdb \"{driver}\".", nameof(options)),
    };
}

using Microsoft.Extensions.Logging;

namespace MailProxy.Resolving;

/// <summary>Event ids 120-129: reverse DNS, in nginx's words.</summary>
internal static partial class ClientHostLog
{
    [LoggerMessage(120, LogLevel.Error, "{Address} could not be resolved ({Code}: {Error})", EventName = "ClientAddressNotResolved")]
    public static partial void AddressNotResolved(ILogger logger, string address, int code, string error);

    [LoggerMessage(121, LogLevel.Error, "\"{Name}\" could not be resolved ({Code}: {Error})", EventName = "ClientNameNotResolved")]
    public static partial void NameNotResolved(ILogger logger, string name, int code, string error);

    [LoggerMessage(122, LogLevel.Error, "{Address} resolved to invalid host name \"{Name}\"", EventName = "ClientNameInvalid")]
    public static partial void InvalidName(ILogger logger, string address, string name);
}

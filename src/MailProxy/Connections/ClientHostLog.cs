using Microsoft.Extensions.Logging;

namespace MailProxy.Connections;

/// <summary>Event ids 180-189: reverse DNS, in nginx's words.</summary>
internal static partial class ClientHostLog
{
    [LoggerMessage(180, LogLevel.Error, "{Address} could not be resolved ({Code}: {Error})", EventName = "ClientAddressNotResolved")]
    public static partial void AddressNotResolved(ILogger logger, string address, int code, string error);

    [LoggerMessage(181, LogLevel.Error, "\"{Name}\" could not be resolved ({Code}: {Error})", EventName = "ClientNameNotResolved")]
    public static partial void NameNotResolved(ILogger logger, string name, int code, string error);

    [LoggerMessage(182, LogLevel.Error, "{Address} resolved to invalid host name \"{Name}\"", EventName = "ClientNameInvalid")]
    public static partial void InvalidName(ILogger logger, string address, string name);
}

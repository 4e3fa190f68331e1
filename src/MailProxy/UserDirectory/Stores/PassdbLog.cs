using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores;

/// <summary>Event ids 600-699.</summary>
internal static partial class PassdbLog
{
    [LoggerMessage(600, LogLevel.Error, "passdb {Driver} in {Source} cannot answer: {Reason}, while user \"{Login}\" logs in", EventName = "PassdbUnavailable")]
    public static partial void Unavailable(ILogger logger, string driver, string source, string reason, string login);

    [LoggerMessage(601, LogLevel.Debug, "passdb {Driver}: user \"{Login}\" is not known", EventName = "PassdbUnknownUser")]
    public static partial void UnknownUser(ILogger logger, string driver, string login);

    [LoggerMessage(602, LogLevel.Debug, "passdb {Driver}: wrong password of user \"{Login}\"", EventName = "PassdbWrongPassword")]
    public static partial void WrongPassword(ILogger logger, string driver, string login);

    [LoggerMessage(603, LogLevel.Debug, "passdb {Driver}: user \"{Login}\" cannot log in by {Method}, which needs a stored {{PLAIN}} password", EventName = "PassdbNoPlainPassword")]
    public static partial void NoPlainPassword(ILogger logger, string driver, string login, string method);

    [LoggerMessage(604, LogLevel.Error, "{File}:{Line}: {Reason}", EventName = "PassdbBrokenLine")]
    public static partial void BrokenLine(ILogger logger, string file, int line, string reason);

    [LoggerMessage(605, LogLevel.Error, "passdb passwd-file cannot read \"{File}\" again: {Reason}, its users stay as they were", EventName = "PassdbFileLost")]
    public static partial void FileLost(ILogger logger, string file, string reason);

    [LoggerMessage(606, LogLevel.Information, "passdb {Driver}: user \"{Login}\" may not log in from {Client} (allow_nets)", EventName = "PassdbNotAllowed")]
    public static partial void NotAllowed(ILogger logger, string driver, string login, string client);

    [LoggerMessage(607, LogLevel.Error, "{File}: something is wrong with {Count} more lines", EventName = "PassdbBrokenLines")]
    public static partial void BrokenLines(ILogger logger, string file, int count);

    [LoggerMessage(608, LogLevel.Error, "passdb passwd-file \"{File}\" is written to all the time, its users stay as they were until it is left alone for half a second", EventName = "PassdbFileNeverSettles")]
    public static partial void FileNeverSettles(ILogger logger, string file);

    [LoggerMessage(620, LogLevel.Error, "{Problem}, the passdb in {Source} cannot be asked", EventName = "PassdbFailed")]
    public static partial void Failed(ILogger logger, string source, string problem);

    [LoggerMessage(693, LogLevel.Information, "passdb {Driver} in {Source} can be asked again", EventName = "PassdbRecovered")]
    public static partial void Recovered(ILogger logger, string driver, string source);

    [LoggerMessage(690, LogLevel.Information, "passdb passwd-file \"{File}\" has changed: {Users} users", EventName = "PassdbFileRead")]
    public static partial void FileRead(ILogger logger, string file, int users);
}

using MailProxy.Configuration;
using MailProxy.Hosting;

namespace MailProxy.Server;

/// <summary>Whether the process may open as many files as its connections can come to.</summary>
internal static class OpenFilesCheck
{
    /// <returns>nginx's warning; null where there are enough.</returns>
    /// <param name="options">The configuration.</param>
    /// <param name="soft">How many files the process may open.</param>
    /// <param name="hard">How many it could set that to.</param>
    /// <param name="canSet">Whether <c>worker_rlimit_nofile</c> is still to be set.</param>
    public static ConfigurationMessage? Run(MailProxyOptions options, ulong soft, ulong hard, bool canSet)
    {
        var wanted = canSet && options.WorkerRlimitNofile is { } count ? (ulong)count : soft;
        var limit = wanted <= hard || Environment.IsPrivilegedProcess ? wanted : soft;
        var workers = Generation.Workers(options);
        if ((ulong)workers * (ulong)options.WorkerConnections <= limit) return null;
        var connections = workers == 1 ? $"{options.WorkerConnections}" : $"{workers} x {options.WorkerConnections}";
        return new ConfigurationMessage(ErrorLogLevel.Warn, $"{connections} worker_connections exceed open file resource limit: {limit}");
    }
}

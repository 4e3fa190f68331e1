using MailProxy.Configuration;
using MailProxy.Hosting;
using MailProxy.Tls;

namespace MailProxy.Server;

/// <summary>
/// What the account of <c>user</c> will not be able to read once the process has become it for good. nginx's master stays root and
/// reads keys for its workers; here no process does, so whoever renews a certificate lets the account read it.
/// </summary>
internal static class AccountCheck
{
    /// <param name="account">The account.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="configurationFiles">Where it was read from.</param>
    /// <returns>A warning for each file that a renewal or a reload will need.</returns>
    /// <exception cref="SystemCallException">We may not act as the account.</exception>
    public static IReadOnlyList<string> Warnings(ProcessAccount account, MailProxyOptions options, IEnumerable<string> configurationFiles)
    {
        string[] files = [.. configurationFiles, .. ConfigurationCheck.FilesOfTls(options)];
        var unreadable = NativeProcess.As(account, () => Array.FindAll(files, file => !FileStamp.IsReadable(file)));
        return [.. unreadable.Select(file => $"user \"{account.Name}\" cannot read \"{file}\": neither a renewed file nor a reload can be used while that is so")];
    }
}

using MailProxy.UserDirectory.Passwords;
using Prometheus;

namespace MailProxy.UserDirectory.Stores;

/// <summary>What all configurations share: the machine has the same cores, and metrics count on.</summary>
internal sealed class PassdbServices(IMetricFactory factory, TimeProvider time) : IDisposable
{
    public PassdbMetrics Metrics { get; } = new(factory);

    public PasswordVerifier Passwords { get; } = new(BoundedWork.ForHashes(factory));

    public TimeProvider Time => time;

    public void Dispose() => Passwords.Dispose();
}

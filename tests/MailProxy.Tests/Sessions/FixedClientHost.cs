using System.Net;
using MailProxy.Observing;
using MailProxy.Resolving;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.Sessions;

/// <summary>Reverse DNS that knows one name.</summary>
internal sealed class FixedClientHost(string name) : IClientHostResolver
{
    public ValueTask<string> ResolveAsync(ResolverOptions options, EndPoint client, SessionLogContext logContext, ILogger log, CancellationToken cancellationToken) =>
        ValueTask.FromResult(name);
}

/// <summary>Reverse DNS that never answers.</summary>
internal sealed class SilentClientHost : IClientHostResolver
{
    public async ValueTask<string> ResolveAsync(ResolverOptions options, EndPoint client, SessionLogContext logContext, ILogger log, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return "";
    }
}

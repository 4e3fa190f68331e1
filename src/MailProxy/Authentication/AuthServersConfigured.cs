using MailProxy.Configuration;

namespace MailProxy.Authentication;

/// <summary>The addresses of auth servers: their names are asked for once.</summary>
internal sealed class AuthServersConfigured(AuthHttpClient client) : IConfigured
{
    public async ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        foreach (var server in preparation.Options.Servers.Where(server => server.AuthHttp is { Url.Count: > 0, IsInternal: false }))
        {
            try
            {
                await client.ResolveAsync(server.AuthHttp, cancellationToken);
            }
            catch (AuthHostException exception)
            {
                throw new StartupException($"{exception.Message} for server in {server.Source}", exception);
            }
        }

        return new Prepared<AuthHttpClient>(client);
    }
}

using System.Globalization;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Hosting;
using MailProxy.Loading;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MailProxy.Benchmarks;

/// <summary>
/// The proxy without an auth server, for what a login costs by itself: <c>serve CONF IMAP POP3 SMTP</c> sends every login
/// to 127.0.0.1, at the port given for its protocol, until it is killed.
/// </summary>
internal static class InProcessAuth
{
    public static async Task RunAsync(string conf, IEnumerable<string> ports)
    {
        var loaded = ConfigurationLoader.Load(new ConfigurationRequest(Path.GetFullPath(conf), Path.GetDirectoryName(Path.GetFullPath(conf))!, null, null));
        var options = loaded.Options ?? throw new InvalidDataException(string.Join('\n', loaded.Messages));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().Configure(logging => logging.ActivityTrackingOptions = ActivityTrackingOptions.None);
        builder.Services.AddMailProxy();
        builder.Services.AddSingleton<IAuthenticator>(new AcceptingAuthenticator([.. ports.Select(port => int.Parse(port, CultureInfo.InvariantCulture))]));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.UseMailProxy());
        await using var app = builder.Build();
        await app.Services.GetRequiredService<MailProxyRuntime>().StartAsync(options);
        await app.RunAsync();
    }

    /// <param name="ports">Of the upstreams for IMAP, POP3 and SMTP.</param>
    private sealed class AcceptingAuthenticator(int[] ports) : IAuthenticator
    {
        private static readonly string[] Protocols = ["imap", "pop3", "smtp"];
        private readonly UpstreamAddress[] _upstreams = [.. ports.Select(port => new UpstreamAddress("127.0.0.1", port))];

        public ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(new AuthResult
        {
            Status = AuthStatus.Accepted,
            Proof = ProofCheck.AuthServer,
            Upstream = _upstreams[Array.IndexOf(Protocols, request.Protocol)],
            Login = request.Credentials.Login,
            UpstreamCredentials = request.Credentials,
        });
    }
}

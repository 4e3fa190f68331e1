using System.Buffers;
using System.Net;
using System.Text;
using DnsClient;
using DnsClient.Protocol;
using MailProxy.Observing;
using MailProxy.Wire;
using Microsoft.Extensions.Logging;

namespace MailProxy.Resolving;

/// <summary>Finds the name of an SMTP client by reverse DNS.</summary>
internal interface IClientHostResolver
{
    /// <summary>The name, confirmed by a forward lookup; else <c>[UNAVAILABLE]</c> or, for a failure that may pass, <c>[TEMPUNAVAIL]</c>.</summary>
    /// <param name="options">The server's <c>resolver</c>.</param>
    /// <param name="client">The client's address.</param>
    /// <param name="logContext">Is told which lookup is going on.</param>
    /// <param name="log">The session's log.</param>
    /// <param name="cancellationToken">The session is being closed.</param>
    ValueTask<string> ResolveAsync(ResolverOptions options, EndPoint client, SessionLogContext logContext, ILogger log, CancellationToken cancellationToken);
}

/// <summary>Asks the configured name servers: PTR, then A and AAAA, which must lead back to the client.</summary>
internal sealed class ClientHostResolver(DnsClients clients) : IClientHostResolver
{
    /// <summary>No name, and asking again would not help.</summary>
    public const string Unavailable = "[UNAVAILABLE]";

    /// <summary>No name for now.</summary>
    public const string TemporarilyUnavailable = "[TEMPUNAVAIL]";

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");

    public ValueTask<string> ResolveAsync(ResolverOptions options, EndPoint client, SessionLogContext logContext, ILogger log, CancellationToken cancellationToken)
    {
        if (options.Servers.Count == 0) return ValueTask.FromResult(Unavailable);
        return client is IPEndPoint ip
            ? LookUpAsync(options, ip.Address, logContext, log, cancellationToken)
            : ValueTask.FromResult(TemporarilyUnavailable);
    }

    private async ValueTask<string> LookUpAsync(ResolverOptions options, IPAddress address, SessionLogContext logContext, ILogger log, CancellationToken cancellationToken)
    {
        var dns = clients.For(options, keepsAnswers: true);
        var text = NginxAddress.ToText(address);

        logContext.Action = SessionAction.ResolvingClientAddress;
        var (name, code) = await FindNameAsync(dns, address, cancellationToken);
        if (name is null)
        {
            ClientHostLog.AddressNotResolved(log, text, code, ErrorText(code));
            return Failure(code);
        }

        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            ClientHostLog.InvalidName(log, text, PeerText.ToText(Encoding.UTF8.GetBytes(name)));
            return TemporarilyUnavailable;
        }

        logContext.Action = SessionAction.ResolvingClientHostname;
        (var addresses, code) = await FindAddressesAsync(dns, options, name, cancellationToken);
        if (addresses.Count > 0) return addresses.Contains(NginxAddress.WithoutZone(address)) ? name : Unavailable;
        ClientHostLog.NameNotResolved(log, name, code, ErrorText(code));
        return Failure(code);
    }

    private static async ValueTask<(string? Name, int Code)> FindNameAsync(NameServers dns, IPAddress address, CancellationToken cancellationToken)
    {
        var answer = await dns.AskAsync(NginxAddress.WithoutZone(address).GetArpaName(), QueryType.PTR, cancellationToken);
        return answer.Records is [PtrRecord pointer, ..] ? (pointer.PtrDomainName.Value.TrimEnd('.'), answer.Code) : (null, answer.Code);
    }

    private static async ValueTask<(HashSet<IPAddress> Addresses, int Code)> FindAddressesAsync(NameServers dns, ResolverOptions options, string name, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(DnsClients.AddressTypes(options).Select(type => dns.AskAsync(name + ".", type, cancellationToken)));
        var addresses = answers.SelectMany(answer => answer.Records).OfType<AddressRecord>().Select(record => record.Address).ToHashSet();
        // A name server that failed for one of the types says more than "not found" for the other.
        var code = answers.Where(answer => answer.IsFailure).Select(answer => answer.Code).FirstOrDefault(DnsAnswer.HostNotFound);
        return (addresses, code);
    }

    private static string ErrorText(int code) => code switch
    {
        1 => "Format error",
        DnsAnswer.ServerFailure => "Server failure",
        DnsAnswer.HostNotFound => "Host not found",
        4 => "Unimplemented",
        5 => "Operation refused",
        _ => "Operation timed out",
    };

    private static string Failure(int code) => code == DnsAnswer.HostNotFound ? Unavailable : TemporarilyUnavailable;
}

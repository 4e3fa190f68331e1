using System.Buffers;
using System.Net;
using System.Text;
using DnsClient;
using DnsClient.Protocol;
using MailProxy.Configuration;
using MailProxy.Diagnostics;
using MailProxy.Wire;
using Microsoft.Extensions.Logging;

namespace MailProxy.Connections;

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
internal sealed class ClientHostResolver(DnsClients clients, TimeProvider time) : IClientHostResolver
{
    /// <summary>No name, and asking again would not help.</summary>
    public const string Unavailable = "[UNAVAILABLE]";

    /// <summary>No name for now.</summary>
    public const string TemporarilyUnavailable = "[TEMPUNAVAIL]";

    // Response codes of DNS, and the errno that nginx gives a lookup without an answer.
    private const int ServerFailure = 2;
    private const int HostNotFound = 3;
    private const int TimedOut = 110;

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
        var (name, code) = await FindNameAsync(dns, options, address, cancellationToken);
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

    private async ValueTask<(string? Name, int Code)> FindNameAsync(LookupClient dns, ResolverOptions options, IPAddress address, CancellationToken cancellationToken)
    {
        var (answers, code) = await AskAsync(token => dns.QueryReverseAsync(NginxAddress.WithoutZone(address), token), options, cancellationToken);
        var pointer = answers.OfType<PtrRecord>().FirstOrDefault();
        return pointer is null ? (null, code) : (pointer.PtrDomainName.Value.TrimEnd('.'), 0);
    }

    private async ValueTask<(HashSet<IPAddress> Addresses, int Code)> FindAddressesAsync(LookupClient dns, ResolverOptions options, string name, CancellationToken cancellationToken)
    {
        var replies = await Task.WhenAll(DnsClients.AddressTypes(options).Select(type =>
            AskAsync(token => dns.QueryAsync(name + ".", type, QueryClass.IN, token), options, cancellationToken).AsTask()));
        var addresses = replies.SelectMany(reply => reply.Answers).OfType<AddressRecord>().Select(record => record.Address).ToHashSet();
        // A name server that failed for one of the types says more than "not found" for the other.
        var code = replies.Select(reply => reply.Code).FirstOrDefault(code => code != HostNotFound, HostNotFound);
        return (addresses, code);
    }

    /// <summary>One lookup within <c>resolver_timeout</c>. The code is DNS's, or an errno; an answer without records counts as not found.</summary>
    private async ValueTask<(IReadOnlyList<DnsResourceRecord> Answers, int Code)> AskAsync(
        Func<CancellationToken, Task<IDnsQueryResponse>> ask, ResolverOptions options, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            var response = await ask(either.Token).WaitAsync(either.Token);
            if (!response.HasError) return (response.Answers, HostNotFound);
            return ([], CodeOf(response.Header.ResponseCode));
        }
        catch (Exception exception)
        {
            // Not by type: what a name server sends makes the library throw whatever its parser met, and none of it may end the session.
            cancellationToken.ThrowIfCancellationRequested();
            if (timer.IsCancellationRequested || exception is OperationCanceledException) return ([], TimedOut);
            return ([], exception is DnsResponseException failure ? CodeOf((DnsHeaderResponseCode)(int)failure.Code) : ServerFailure);
        }
    }

    // What is not a name server's word (no server could be reached, or the answer made no sense) is a server failure.
    private static int CodeOf(DnsHeaderResponseCode code) => code switch
    {
        DnsHeaderResponseCode.FormatError or DnsHeaderResponseCode.ServerFailure or DnsHeaderResponseCode.NotExistentDomain
            or DnsHeaderResponseCode.NotImplemented or DnsHeaderResponseCode.Refused => (int)code,
        _ => (int)code == (int)DnsResponseCode.ConnectionTimeout ? TimedOut : ServerFailure,
    };

    private static string ErrorText(int code) => code switch
    {
        1 => "Format error",
        ServerFailure => "Server failure",
        HostNotFound => "Host not found",
        4 => "Unimplemented",
        5 => "Operation refused",
        _ => "Operation timed out",
    };

    private static string Failure(int code) => code == HostNotFound ? Unavailable : TemporarilyUnavailable;
}

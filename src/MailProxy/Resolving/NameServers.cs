using System.Net;
using DnsClient;

namespace MailProxy.Resolving;

/// <summary>
/// The name servers of one <c>resolver</c>. The one that answered last is asked first. Where it fails, or says nothing for a
/// second, the next is asked as well, and the first answer counts, whoever gave it. An answer is one that says what was asked
/// for, or that there is none; all else is a failure of that server.
/// </summary>
internal sealed class NameServers
{
    // As nginx does, for an answer may be lost; of several servers another may be alive, and a question is cheap.
    private static readonly TimeSpan Resend = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskNext = TimeSpan.FromSeconds(1);

    private readonly LookupClient[] _servers;
    private readonly TimeSpan _timeout;
    private readonly DnsAnswers? _kept;
    private readonly TimeProvider _time;
    private int _first;

    /// <param name="options">The name servers, at least one.</param>
    /// <param name="keepsAnswers">Whether an answer may be one of before, for as long as its TTL or <c>valid=</c> says.</param>
    /// <param name="time">The clock.</param>
    public NameServers(ResolverOptions options, bool keepsAnswers, TimeProvider time)
    {
        _servers = [.. options.Servers.Select(server => CreateClient(server, options.Timeout))];
        _timeout = options.Timeout;
        _kept = keepsAnswers ? new DnsAnswers(options.Valid, time) : null;
        _time = time;
    }

    /// <summary>Asks for the records of a name. Takes <c>resolver_timeout</c> at most.</summary>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async Task<DnsAnswer> AskAsync(string name, QueryType type, CancellationToken cancellationToken)
    {
        if (_kept is not null && _kept.TryFind(name, type, out var kept)) return kept;
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var answer = await AskInTurnAsync(name, type, over.Token);
            cancellationToken.ThrowIfCancellationRequested();
            if (answer.Code == DnsAnswer.Found) _kept?.Add(name, type, answer);
            return answer;
        }
        finally
        {
            // Nobody waits any more for those that were asked as well.
            await over.CancelAsync();
        }
    }

    private async Task<DnsAnswer> AskInTurnAsync(string name, QueryType type, CancellationToken over)
    {
        var answer = DnsAnswer.Failure(DnsAnswer.TimedOut);
        var failed = new HashSet<int>();
        var waiting = new Dictionary<Task<DnsAnswer>, int>();
        var server = Volatile.Read(ref _first);
        for (var round = 0; failed.Count < _servers.Length && !over.IsCancellationRequested; round++)
        {
            while (failed.Contains(server)) server = Next(server);
            waiting.Add(AskAsync(_servers[server], name, type, over), server);
            var silence = Task.Delay(PatienceIn(round), _time, over);
            var first = await Task.WhenAny([.. waiting.Keys, silence]);
            if (first is Task<DnsAnswer> done)
            {
                waiting.Remove(done, out server);
                answer = await done;
                if (!answer.IsFailure)
                {
                    Volatile.Write(ref _first, server);
                    return answer;
                }

                failed.Add(server);
            }

            Interlocked.CompareExchange(ref _first, Next(server), server);
            server = Next(server);
        }

        return answer;
    }

    private int Next(int server) => (server + 1) % _servers.Length;

    private TimeSpan PatienceIn(int round)
    {
        var share = _timeout / (_servers.Length + 1);
        var patience = _servers.Length > 1 && round < _servers.Length ? AskNext : Resend;
        return share < patience ? share : patience;
    }

    private static async Task<DnsAnswer> AskAsync(LookupClient server, string name, QueryType type, CancellationToken cancellationToken)
    {
        try
        {
            var response = await server.QueryAsync(name, type, QueryClass.IN, cancellationToken).WaitAsync(cancellationToken);
            return DnsAnswer.Of(response, type);
        }
        // Not by type: what a name server sends makes the library throw whatever its parser met, and none of it may end who asks.
        catch (Exception exception)
        {
            if (cancellationToken.IsCancellationRequested || exception is OperationCanceledException) return DnsAnswer.Failure(DnsAnswer.TimedOut);
            return DnsAnswer.Failure(exception is DnsResponseException failure ? DnsAnswer.CodeOf((int)failure.Code) : DnsAnswer.ServerFailure);
        }
    }

    private static LookupClient CreateClient(IPEndPoint server, TimeSpan timeout) =>
        new(new LookupClientOptions(new NameServer(server))
        {
            UseCache = false,
            Timeout = timeout,
            Retries = 0,
            ThrowDnsErrors = false,
            ExtendedDnsBufferSize = LookupClientOptions.MinimumBufferSize,
            UseTcpFallback = true,
        });
}

using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>Several processes that share nothing but their configuration.</summary>
[Trait("Beyond", "nginx")]
public sealed class ReplicaTests
{
    private const int Users = 10_000;
    private static readonly int[] Servers = [1, 2, 3, 4, 5];

    [Fact]
    public async Task Every_replica_sends_a_user_to_the_same_server()
    {
        // In another order each time: nobody promises that a name server gives addresses in order.
        int[][] orders = [Servers, [3, 5, 1, 2, 4], [5, 4, 3, 2, 1]];
        var answers = await Task.WhenAll(orders.Select(AskAsync));
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], answers[2]);
        Assert.All(answers[0].CountBy(server => server), share => Assert.InRange(share.Value, Users / 5 * 0.7, Users / 5 * 1.3));
    }

    /// <returns>The server of each user.</returns>
    private static async Task<string[]> AskAsync(int[] order)
    {
        await using var replica = await ProxyServer.StartAsync($$"""
            passdb static upstream=pool;
            upstream pool { hash $auth_user consistent; {{string.Concat(order.Select(last => $"server 10.0.0.{last}:143; "))}} }
            server { listen 127.0.0.1:{{FreePort.Take()}}; protocol imap; auth_http internal; }
            """, main: "error_log stderr error;");
        await Peer.WaitForListenerAsync(replica.Http.Port);
        using var http = new HttpClient { BaseAddress = replica.Http, Timeout = Patience.Usual };
        var servers = new string[Users];
        await Parallel.ForAsync(0, Users, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (user, cancellationToken) =>
        {
            using var question = new HttpRequestMessage(HttpMethod.Get, "auth");
            foreach (var (name, value) in new[] { ("Auth-Method", "plain"), ("Auth-User", $"user{user}@example.org"), ("Auth-Pass", "p"), ("Auth-Protocol", "imap"), ("Auth-Login-Attempt", "1"), ("Client-IP", "192.0.2.1") })
                question.Headers.Add(name, value);
            using var answer = await http.SendAsync(question, cancellationToken);
            servers[user] = answer.Headers.GetValues("Auth-Server").Single();
        });
        return servers;
    }
}

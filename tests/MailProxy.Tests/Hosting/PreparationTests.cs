using System.Net;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Hosting;
using MailProxy.Listening;
using MailProxy.Transport.Features;
using MailProxy.Transport.Sockets;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace MailProxy.Tests.Hosting;

/// <summary>Whatever fails, and wherever: before, between and behind the features a start, a reload and a test leave nothing of a configuration that does not come into force.</summary>
public sealed class PreparationTests
{
    private static readonly IPEndPoint Old = new(IPAddress.Loopback, 0);
    private static readonly IPEndPoint New = new(IPAddress.Parse("127.0.0.2"), 0);

    /// <summary>One place before each feature, and one behind the last.</summary>
    public static TheoryData<int> Places
    {
        get
        {
            var services = new ServiceCollection().AddMailProxy();
            return [.. Enumerable.Range(0, services.Count(service => service.ServiceType == typeof(IConfigured)) + 1)];
        }
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_start_that_fails_listens_nowhere_and_the_next_one_starts(int place)
    {
        var saboteur = new Saboteur { Fails = true };
        await using var fixture = Fixture(place, saboteur);
        var options = Options(fixture, Old);
        Assert.Equal(Saboteur.Message, (await Assert.ThrowsAsync<StartupException>(() => fixture.Runtime.StartAsync(options))).Message);
        Assert.Empty(fixture.Listeners.LocalEndPoints);
        Assert.Throws<InvalidOperationException>(() => fixture.Sessions.Current);
        Assert.Equal((1, 0, 1), saboteur.Counts);

        saboteur.Fails = false;
        await fixture.Runtime.StartAsync(options);
        Assert.Single(fixture.Listeners.LocalEndPoints);
        Assert.Equal((2, 1, 1), saboteur.Counts);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_test_that_fails_says_so_and_one_that_does_not_puts_nothing_in_force(int place)
    {
        var saboteur = new Saboteur { Fails = true };
        await using var fixture = Fixture(place, saboteur);
        var options = Options(fixture, Old);
        Assert.Equal(Saboteur.Message, (await Assert.ThrowsAsync<StartupException>(() => fixture.Runtime.TryAsync(options))).Message);
        saboteur.Fails = false;
        await fixture.Runtime.TryAsync(options);
        Assert.Empty(fixture.Listeners.LocalEndPoints);
        Assert.Throws<InvalidOperationException>(() => fixture.Sessions.Current);
        Assert.Equal((2, 0, 2), saboteur.Counts);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_reload_that_fails_leaves_sessions_and_sockets_as_they_were_and_the_next_one_is_put_in_force(int place)
    {
        var saboteur = new Saboteur();
        await using var fixture = Fixture(place, saboteur);
        await fixture.Runtime.StartAsync(Options(fixture, Old));
        var listening = fixture.Listeners.LocalEndPoints;
        var generation = fixture.Sessions.Current;
        var session = Session.Begin(fixture);

        saboteur.Fails = true;
        Assert.False(await ReloadAsync(fixture, Options(fixture, Old, New)));
        Assert.Equal(listening, fixture.Listeners.LocalEndPoints);
        Assert.Same(generation, fixture.Sessions.Current);
        Assert.False(session.IsToldToStop);
        Assert.False(generation.Ended.IsCompleted);
        Assert.Equal((2, 1, 1), saboteur.Counts);
        Session.Begin(fixture).End();

        saboteur.Fails = false;
        Assert.True(await ReloadAsync(fixture, Options(fixture, Old, New)));
        Assert.Equal([IPAddress.Loopback, New.Address], fixture.Listeners.LocalEndPoints.Select(end => ((IPEndPoint)end).Address));
        Assert.NotSame(generation, fixture.Sessions.Current);
        Assert.False(session.IsToldToStop);
        session.End();
        await generation.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((3, 2, 1), saboteur.Counts);
        var metrics = await fixture.MetricsAsync();
        Assert.Contains("mailproxy_config_reloads_total{result=\"failed\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mailproxy_config_reloads_total{result=\"ok\"} 1\n", metrics, StringComparison.Ordinal);
    }

    /// <summary>A commit must not fail. Where one does, it is a line in the log, and the others are committed.</summary>
    [Theory, MemberData(nameof(Places))]
    public async Task A_commit_that_fails_keeps_no_other_from_being_put_in_force(int place)
    {
        var saboteur = new Saboteur();
        await using var fixture = Fixture(place, saboteur);
        await fixture.Runtime.StartAsync(Options(fixture, Old));
        saboteur.CommitFails = true;
        Assert.True(await ReloadAsync(fixture, Options(fixture, Old, New)));
        Assert.Equal(2, fixture.Listeners.LocalEndPoints.Count);
        Assert.Equal(2, fixture.Sessions.Current.Options.Servers[0].Listen.Count);
        Assert.Contains(fixture.Log, line => line.StartsWith("[crit]", StringComparison.Ordinal) && line.Contains("putting a configuration in force", StringComparison.Ordinal));
    }

    private static RuntimeFixture Fixture(int place, Saboteur saboteur) => new(afterwards: services =>
    {
        var features = services.Where(service => service.ServiceType == typeof(IConfigured)).ToList();
        var index = place < features.Count ? services.IndexOf(features[place]) : services.Count;
        services.Insert(index, ServiceDescriptor.Singleton<IConfigured>(saboteur));
    });

    private static MailProxyOptions Options(RuntimeFixture fixture, params IPEndPoint[] addresses)
    {
        var options = fixture.Options(TransportKind.Linux, 1);
        options.Servers = [new ServerOptions { Protocol = "imap", Listen = [.. addresses.Select(address => new MailListenOptions { Address = address })] }];
        options.Passdb = [new PassdbOptions { Driver = "static" }];
        options.Upstreams = [new UpstreamGroupOptions { Name = "pool" }];
        return options;
    }

    private static Task<bool> ReloadAsync(RuntimeFixture fixture, MailProxyOptions options) =>
        fixture.Runtime.ReloadAsync(() => new ConfigurationResult { Options = options, Messages = [], Files = [] });

    /// <summary>A feature that fails where it stands.</summary>
    private sealed class Saboteur : IConfigured
    {
        public const string Message = "this will not do";

        private (int Asked, int Committed, int Undone) _counts;

        public bool Fails { get; set; }

        public bool CommitFails { get; set; }

        /// <summary>How often it was asked, committed, and not committed.</summary>
        public (int Asked, int Committed, int Undone) Counts => _counts;

        public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
        {
            _counts.Asked++;
            if (Fails) _counts.Undone++;
            if (Fails) throw new StartupException(Message);
            return ValueTask.FromResult<IPrepared>(new Prepared<Saboteur>(this, commit: Commit, undo: Undo));
        }

        private void Commit()
        {
            _counts.Committed++;
            if (CommitFails) throw new InvalidOperationException(Message);
        }

        private ValueTask Undo()
        {
            _counts.Undone++;
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A session as far as its configuration knows it.</summary>
    private sealed class Session(RuntimeFixture fixture, ConnectionContext connection, ConnectionScope scope)
    {
        public bool IsToldToStop => scope.Drain.Stop.IsCancellationRequested || scope.Drain.ComeBack.IsCancellationRequested;

        public static Session Begin(RuntimeFixture fixture)
        {
            var connection = new DefaultConnectionContext { LocalEndPoint = Old, RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 9) };
            connection.Features.Set<IListenSocketFeature>(new CameInBy(new ListenSocket { EndPoint = Old }));
            return new Session(fixture, connection, Assert.IsType<ConnectionScope>(fixture.Sessions.Admit(connection)));
        }

        public void End() => fixture.Sessions.Release(connection, scope);
    }

    private sealed record CameInBy(ListenSocket Socket) : IListenSocketFeature;
}

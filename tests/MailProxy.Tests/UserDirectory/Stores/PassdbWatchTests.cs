using MailProxy.Authentication;
using MailProxy.Tests.Authentication;
using MailProxy.Tests.UserDirectory.Logins;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Logins;
using MailProxy.UserDirectory.Stores;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.UserDirectory.Stores;

/// <summary>Whether a passdb can be asked is known without asking, and what does not answer holds up nobody.</summary>
public sealed class PassdbWatchTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _log = new();
    private readonly WatchedPassdb _passdb = new();
    private readonly PassdbWatch _watch;

    public PassdbWatchTests() => _watch = new PassdbWatch(_passdb, _time, _log, "not asked yet");

    public void Dispose() => _watch.Dispose();

    [Fact]
    public async Task A_change_is_logged_and_a_state_is_not()
    {
        Assert.Equal("not asked yet", _watch.Problem);
        await AnswerAsync(null);
        Assert.Null(_watch.Problem);
        await AnswerAsync("down");
        await AnswerAsync("down and out");
        Assert.Equal("passdb pgsql: down and out", _watch.Problem);
        await AnswerAsync(null);
        await AnswerAsync(null);
        Assert.Null(_watch.Problem);
        Assert.Equal("passdb pgsql: down, the passdb in c:2 cannot be asked", Assert.Single(_log.Errors).Text);
        Assert.Contains("passdb pgsql in c:2 can be asked again", _log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_a_check_throws_the_next_look_may_find_it_well()
    {
        var check = await _passdb.NextAsync();
        check.SetException(new NotSupportedException("of a library"));
        await UntilAsync(() => _watch.Problem == "passdb pgsql: of a library");
        await AnswerAsync(null);
        Assert.Null(_watch.Problem);
    }

    [Fact]
    public async Task One_that_does_not_answer_is_said_after_five_seconds_and_is_not_asked_twice()
    {
        var check = await _passdb.NextAsync();
        Assert.Equal("not asked yet", _watch.Problem);
        await PassAsync(5, () => _watch.Problem == "passdb pgsql: no answer within 5 s");
        await PassAsync(20, () => _time.GetElapsedTime(0) > TimeSpan.FromSeconds(12));
        Assert.Equal(1, _passdb.Asked);
        check.SetResult(null);
        await UntilAsync(() => _watch.Problem is null);
    }

    [Fact]
    public async Task It_ends_when_it_is_disposed_of()
    {
        await _passdb.NextAsync();
        _watch.Dispose();
        await _watch.Ended.WaitAsync(Attempts.Deadline);
    }

    [Fact]
    public async Task Two_hundred_who_want_to_know_ask_nobody()
    {
        await using var users = new LoginUsers();
        var check = new PassdbHealthCheck(users.Directory);
        var (gate, broken) = (new HealthCheckContext(), users.Broken());
        users.PutInForce(broken);
        await UntilAsync(() => users.Directory.Problem?.Contains("no-such-file", StringComparison.Ordinal) == true);
        var states = Enumerable.Range(0, 200).Select(_ => check.CheckHealthAsync(gate)).ToList();
        Assert.All(states, state => Assert.True(state.IsCompletedSuccessfully));
        Assert.All(await Task.WhenAll(states), state => Assert.Equal(HealthStatus.Unhealthy, state.Status));
        users.PutInForce(users.Users());
        Assert.Contains("no-such-file", users.Directory.Problem ?? "no-such-file", StringComparison.Ordinal);
        await UntilAsync(() => users.Directory.Problem is null);
        Assert.Single(users.Log.Errors);
    }

    [Fact]
    public async Task An_answer_has_its_time_and_what_comes_later_is_nobodys()
    {
        var late = new TaskCompletionSource<int>();
        var token = CancellationToken.None;
        var asking = AnswerLimit.RunAsync(
            stop =>
            {
                token = stop;
                return new ValueTask<int>(late.Task);
            },
            TimeSpan.FromSeconds(5),
            _time,
            CancellationToken.None);
        Assert.False(asking.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("no answer within 5 s", (await Assert.ThrowsAsync<PassdbException>(() => asking.WaitAsync(Attempts.Deadline))).Message);
        await UntilAsync(() => token.IsCancellationRequested);
        late.SetException(new IOException("late"));
        Assert.Equal(7, await AnswerLimit.RunAsync(_ => ValueTask.FromResult(7), TimeSpan.FromSeconds(5), _time, CancellationToken.None));
    }

    private async Task AnswerAsync(string? problem)
    {
        (await PassAsync(1)).SetResult(problem);
        await UntilAsync(() => _watch.Problem == (problem is null ? null : $"passdb pgsql: {problem}"));
    }

    /// <summary>Lets seconds pass until the next check is asked for.</summary>
    private async Task<TaskCompletionSource<string?>> PassAsync(int seconds)
    {
        await PassAsync(seconds, () => _passdb.HasNext);
        return await _passdb.NextAsync();
    }

    private async Task PassAsync(int seconds, Func<bool> isThere)
    {
        await UntilAsync(() =>
        {
            if (isThere()) return true;
            _time.Advance(TimeSpan.FromSeconds(seconds) / 10);
            return false;
        });
    }

    private static async Task UntilAsync(Func<bool> isThere)
    {
        using var deadline = new CancellationTokenSource(Attempts.Deadline, TimeProvider.System);
        while (!isThere())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class WatchedPassdb : IPassdb
    {
        private readonly System.Threading.Channels.Channel<TaskCompletionSource<string?>> _checks = System.Threading.Channels.Channel.CreateUnbounded<TaskCompletionSource<string?>>();
        private int _asked;

        public string Driver => "pgsql";

        public string Source => "c:2";

        public int Asked => Volatile.Read(ref _asked);

        public bool HasNext => _checks.Reader.TryPeek(out _);

        public Task<TaskCompletionSource<string?>> NextAsync() => _checks.Reader.ReadAsync().AsTask().WaitAsync(Attempts.Deadline);

        public ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            var check = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            Assert.True(_checks.Writer.TryWrite(check));
            return new ValueTask<string?>(check.Task);
        }

        public ValueTask<PassdbResult> AuthenticateAsync(PassdbQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<bool> SpendTimeAsync(Credentials credentials, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

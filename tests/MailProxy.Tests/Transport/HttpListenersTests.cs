using System.Net;
using System.Net.Sockets;
using MailProxy.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Transport;

public sealed class HttpListenersTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HttpListeners _listeners;
    private readonly List<string> _failures = [];
    private readonly TaskCompletionSource<EndPoint> _recovered = new();

    public HttpListenersTests()
    {
        _listeners = new HttpListeners(_time, NullLoggerFactory.Instance);
        _listeners.BindFailed += exception => _failures.Add(exception.Message);
        _listeners.Recovered += _recovered.SetResult;
    }

    public void Dispose() => _listeners.Dispose();

    [Fact]
    public async Task A_taken_address_is_told_once_and_had_when_it_is_free()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var address = other.LocalEndPoint!;
        _listeners.Add(address);
        await using var listener = await _listeners.BindAsync(address, CancellationToken.None);
        var accepting = listener.AcceptAsync(CancellationToken.None).AsTask();
        Assert.Equal(address, listener.EndPoint);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([$"bind() to {address} failed (98: Address already in use)"], _failures);
        Assert.Equal(_failures, _listeners.Failures.Select(failure => failure.Message));

        other.Dispose();
        while (!_recovered.Task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.Empty(_listeners.Failures);
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)address);
        await using var accepted = await accepting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(((IPEndPoint)client.Client.LocalEndPoint!).Port, ((IPEndPoint)accepted!.RemoteEndPoint!).Port);
    }

    [Fact]
    public async Task An_address_that_is_not_ours_may_be_optional()
    {
        var address = new IPEndPoint(IPAddress.Parse("203.0.113.1"), 1);
        _listeners.Add(address, isOptional: true);
        await using var listener = await _listeners.BindAsync(address, CancellationToken.None);
        Assert.Empty(_failures);
        Assert.Empty(_listeners.Failures);
    }

    [Fact]
    public async Task The_end_ends_whoever_accepts_and_whatever_waits()
    {
        var address = new IPEndPoint(IPAddress.Loopback, 0);
        _listeners.Add(address);
        await using var listener = await _listeners.BindAsync(address, CancellationToken.None);
        using var first = new TcpClient();
        await first.ConnectAsync((IPEndPoint)listener.EndPoint);
        await using var accepted = await listener.AcceptAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        using var second = new TcpClient();
        await second.ConnectAsync((IPEndPoint)listener.EndPoint);
        await listener.UnbindAsync(CancellationToken.None);
        Assert.Null(await listener.AcceptAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Only_its_own_addresses_are_its_business()
    {
        _listeners.Add(new IPEndPoint(IPAddress.Loopback, 1));
        Assert.True(_listeners.CanBind(new IPEndPoint(IPAddress.Loopback, 1)));
        Assert.False(_listeners.CanBind(new IPEndPoint(IPAddress.Loopback, 2)));
        Assert.False(_listeners.CanBind(new ListenerSetEndPoint()));
    }
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using MailProxy.Tests.Transport.OpenSsl;
using MailProxy.Tests.Transport.Tls;
using MailProxy.Transport;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>What one peer that always has more gets in a turn of the loop: bytes and turns are counted, since time on a busy machine is not the proxy's.</summary>
[Collection(Stress.Name)]
public sealed class TurnTests
{
    private const int Megabyte = 1024 * 1024;

    // One read for an event, and one from the queue.
    private const int MostOfATurn = 2 * BlockPool.BlockSize;

    private static readonly TimeSpan Deadline = RelayedSockets.Deadline;

    [Fact]
    public async Task A_peer_that_always_has_more_gets_one_read_at_a_time()
    {
        var turns = new TurnCount();
        var loops = new TaskCompletionSource<EventLoop>();
        await using var server = await EpollServer.StartAsync(async connection => await DrainAsync(connection, await loops.Task, turns));
        loops.SetResult(server.Transport.Loops[0]);
        using var client = await server.ConnectAsync();
        client.SendBufferSize = 8 * Megabyte;
        client.Send(new byte[16 * Megabyte]);
        client.Shutdown(SocketShutdown.Send);
        await client.ExpectEndAsync();
        Assert.Equal(16 * Megabyte, turns.Total);
        Assert.InRange(turns.Most, BlockPool.BlockSize, MostOfATurn);
    }

    [Fact]
    public async Task A_second_session_is_served_between_two_reads_of_a_flood()
    {
        var turns = new TurnCount();
        var between = new ConcurrentBag<long>();
        var loops = new TaskCompletionSource<EventLoop>();
        await using var server = await EpollServer.StartAsync(async connection => await DrainAsync(connection, await loops.Task, turns));
        var loop = server.Transport.Loops[0];
        loops.SetResult(loop);
        using var flood = await server.ConnectAsync();
        flood.SendBufferSize = 8 * Megabyte;
        var flooding = Task.Run(() => flood.Send(new byte[64 * Megabyte]));
        while (turns.Total < Megabyte) await Task.Yield();
        for (var i = 0; i < 50; i++)
        {
            // Posted work stands for any other session: it sees how far the flood came in the meantime.
            var before = turns.Total;
            var seen = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Post(_ =>
            {
                before = turns.Total;
                loop.Post(_ => loop.Post(_ => seen.SetResult(turns.Total - before), null), null);
            }, null);
            between.Add(await seen.Task.WaitAsync(Deadline));
        }

        await flooding.WaitAsync(Deadline);
        flood.Shutdown(SocketShutdown.Send);
        await flood.ExpectEndAsync();
        Assert.All(between, bytes => Assert.InRange(bytes, 0, 3 * MostOfATurn));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Records_of_one_byte_take_no_more_than_a_turns_reads(SslProtocols protocol)
    {
        const int records = 20_000;
        using var authority = new Authority();
        var context = TlsEngine.OpenSsl.CreateServerContext(new TlsServerOptions { Certificates = [authority.Issue(["localhost"])] });
        var turns = new TurnCount();
        var loops = new TaskCompletionSource<EventLoop>();
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            await connection.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsServerAsync(context, CancellationToken.None);
            await DrainAsync(connection, await loops.Task, turns);
        });
        loops.SetResult(server.Transport.Loops[0]);
        using var socket = await server.ConnectAsync();
        socket.SendBufferSize = 8 * Megabyte;
        await using var joined = new JoiningStream(new NetworkStream(socket));
        await using var client = new SslStream(joined);
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = protocol, RemoteCertificateValidationCallback = TlsSockets.AcceptAny }).WaitAsync(Deadline);
        joined.Holds = true;
        for (var i = 0; i < records; i++) client.Write([(byte)'x']);
        await client.ShutdownAsync();
        await joined.ReleaseAsync();
        Assert.Equal(0, await client.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline));
        Assert.Equal(records, turns.Total);
        Assert.InRange(turns.Most, 1, 2 * 64);
    }

    [Fact]
    public async Task Work_that_is_posted_in_heaps_is_done_in_several_turns()
    {
        const int pieces = 100;
        using var transport = new EpollTransport(1, TimeProvider.System, new LoopWatchdog(TimeSpan.MaxValue, _ => { }));
        var loop = transport.Loops[0];
        var turns = new ConcurrentBag<long>();
        using var blocked = new ManualResetEventSlim();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ => blocked.Wait(Deadline), null);
        for (var i = 0; i < pieces; i++)
        {
            loop.Post(
                _ =>
                {
                    turns.Add(loop.Turn);
                    Spin(TimeSpan.FromMilliseconds(1));
                },
                null);
        }

        loop.Post(_ => done.SetResult(), null);
        blocked.Set();
        await done.Task.WaitAsync(Deadline);
        Assert.Equal(pieces, turns.Count);
        Assert.All(turns.GroupBy(turn => turn), turn => Assert.InRange(turn.Count(), 1, 6));
    }

    [Fact]
    public async Task Handshakes_that_come_in_heaps_wait_in_the_queue()
    {
        const int clients = 40;
        using var authority = new Authority();
        var context = TlsEngine.OpenSsl.CreateServerContext(new TlsServerOptions { Certificates = [authority.Issue(["localhost"])] });
        var loops = new TaskCompletionSource<EventLoop>();
        var turns = new ConcurrentBag<long>();
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var loop = await loops.Task;
            await connection.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsServerAsync(context, CancellationToken.None);
            turns.Add(loop.Turn);
            Spin(TimeSpan.FromMilliseconds(2));             // what a larger key would take
        });
        var loop = server.Transport.Loops[0];
        loops.SetResult(loop);
        using var blocked = new ManualResetEventSlim();
        loop.Post(_ => blocked.Wait(Deadline), null);
        var sockets = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => server.ConnectAsync()));
        var handshakes = sockets.Select(async socket =>
        {
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = TlsSockets.AcceptAny });
        }).ToList();
        blocked.Set();
        await Task.WhenAll(handshakes).WaitAsync(Deadline);
        Assert.True(SpinWait.SpinUntil(() => turns.Count == clients, Deadline));         // a client is done before its server
        Assert.All(turns.GroupBy(turn => turn), turn => Assert.InRange(turn.Count(), 1, 10));
    }

    [Fact]
    public async Task Clients_that_send_in_heaps_wait_in_the_queue()
    {
        const int clients = 40;
        var loops = new TaskCompletionSource<EventLoop>();
        var turns = new ConcurrentBag<long>();
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var loop = await loops.Task;
            await connection.Transport.Output.WriteAsync("?"u8.ToArray());
            await connection.Transport.Input.ReadAsync();
            turns.Add(loop.Turn);
            Spin(TimeSpan.FromMilliseconds(2));             // what some hundred commands take
        });
        var loop = server.Transport.Loops[0];
        loops.SetResult(loop);
        var sockets = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => server.ConnectAsync()));
        foreach (var socket in sockets) await socket.ExpectAsync("?");
        using (var blocked = new ManualResetEventSlim())
        {
            loop.Post(_ => blocked.Wait(Deadline), null);
            foreach (var socket in sockets) socket.Send("x"u8);
            blocked.Set();
            foreach (var socket in sockets) await socket.ExpectEndAsync();
        }

        foreach (var socket in sockets) socket.Dispose();
        Assert.Equal(clients, turns.Count);
        Assert.All(turns.GroupBy(turn => turn), turn => Assert.InRange(turn.Count(), 1, 10));
    }

    private static void Spin(TimeSpan time)
    {
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < time) Thread.SpinWait(20);
    }

    private static async Task DrainAsync(ConnectionContext connection, EventLoop loop, TurnCount turns)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            turns.Count(loop.Turn, read.Buffer.Length);
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }

    private sealed class TurnCount
    {
        private long _turn;
        private long _ofTurn;
        private long _total;

        public long Total => Volatile.Read(ref _total);

        public long Most { get; private set; }

        public void Count(long turn, long bytes)
        {
            _ofTurn = turn == _turn ? _ofTurn + bytes : bytes;
            _turn = turn;
            Most = Math.Max(Most, _ofTurn);
            Volatile.Write(ref _total, _total + bytes);
        }
    }

    /// <summary>Keeps what is written until all of it can go at once.</summary>
    private sealed class JoiningStream(Stream stream) : Stream
    {
        private readonly ArrayBufferWriter<byte> _held = new();

        public bool Holds { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public Task ReleaseAsync()
        {
            Holds = false;
            return stream.WriteAsync(_held.WrittenMemory).AsTask();
        }

        public override void Flush() => stream.Flush();

        public override int Read(byte[] buffer, int offset, int count) => stream.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => stream.ReadAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Holds) _held.Write(buffer.AsSpan(offset, count));
            else stream.Write(buffer, offset, count);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Holds) _held.Write(buffer.Span);
            else await stream.WriteAsync(buffer, cancellationToken);
        }
    }
}

using System.Buffers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Loop;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Transport.Linux;

public sealed class EpollConnectionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Everything_is_echoed_inline_on_the_loop(int loops)
    {
        var offLoop = 0;
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            if (EventLoop.Current is null) Interlocked.Increment(ref offLoop);
            await EchoAsync(connection);
            if (EventLoop.Current is null) Interlocked.Increment(ref offLoop);
        }, loops);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async index =>
        {
            using var client = await server.ConnectAsync();
            var sent = RandomNumberGenerator.GetBytes(1 + index * 4000);
            var sending = SendAsync(client, sent);
            Assert.Equal(sent, await ReadToEndAsync(client));
            await sending;
        })).WaitAsync(Limit);
        Assert.Equal(0, offLoop);
    }

    [Fact]
    public async Task More_clients_than_are_parked_are_all_served()
    {
        await using var server = await EpollServer.StartAsync(EchoAsync);
        await Task.WhenAll(Enumerable.Range(0, 400).Select(async index =>
        {
            using var client = await server.ConnectAsync();
            await SendAsync(client, Encoding.ASCII.GetBytes($"client {index}"));
            Assert.Equal($"client {index}", Encoding.ASCII.GetString(await ReadToEndAsync(client)));
        })).WaitAsync(Limit);
    }

    [Fact]
    public async Task A_read_that_wants_more_gets_all_of_it_in_one_piece()
    {
        var lengths = new List<long>();
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var input = connection.Transport.Input;
            while (true)
            {
                var read = await input.ReadAsync();
                Assert.True(read.Buffer.IsSingleSegment || read.Buffer.IsEmpty);
                lengths.Add(read.Buffer.Length);
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted) break;
            }
        });
        using var client = await server.ConnectAsync();
        await SendAsync(client, new byte[100_000]);
        await ReadToEndAsync(client).WaitAsync(Limit);
        Assert.Equal(100_000, lengths[^1]);
        Assert.Equal(lengths.Order(), lengths);
    }

    [Fact]
    public async Task Work_that_leaves_the_loop_comes_back_to_it()
    {
        var loops = new List<EventLoop?>();
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var place = connection.Features.GetRequiredFeature<ILoopFeature>();
            await place.ReturnAsync();
            loops.Add(EventLoop.Current);
            await Task.Run(() => Assert.Null(EventLoop.Current));
            await place.ReturnAsync();
            loops.Add(EventLoop.Current);
        });
        using var client = await server.ConnectAsync();
        await ReadToEndAsync(client).WaitAsync(Limit);
        Assert.Equal(2, loops.Count);
        Assert.All(loops, loop => Assert.Same(server.Transport.Loops[0], loop));
    }

    [Fact]
    public async Task A_flush_waits_for_a_client_that_does_not_read_and_then_goes_on()
    {
        var flushed = new TaskCompletionSource();
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            await connection.Transport.Output.WriteAsync(new byte[8 * 1024 * 1024]);
            flushed.SetResult();
        });
        using var client = await server.ConnectAsync();
        Assert.False(flushed.Task.IsCompleted);
        Assert.Equal(8 * 1024 * 1024, (await ReadToEndAsync(client).WaitAsync(Limit)).Length);
        await flushed.Task.WaitAsync(Limit);
    }

    [Fact]
    public async Task Reads_end_by_cancel_by_token_and_by_abort()
    {
        var ends = new List<string>();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var input = connection.Transport.Input;
            // An abort before the client knows that it is connected fails its connect().
            input.AdvanceTo((await input.ReadAsync()).Buffer.End);
            var pending = input.ReadAsync();
            _ = Task.Run(input.CancelPendingRead);
            ends.Add($"canceled {(await pending).IsCanceled}");
            using var source = new CancellationTokenSource();
            var byToken = input.ReadAsync(source.Token).AsTask();
            _ = Task.Run(source.Cancel);
            ends.Add((await Assert.ThrowsAnyAsync<OperationCanceledException>(() => byToken)).GetType().Name);
            var byAbort = input.ReadAsync().AsTask();
            _ = Task.Run(connection.Abort);
            ends.Add((await Assert.ThrowsAnyAsync<Exception>(() => byAbort)).GetType().Name);
            ended.SetResult();
        });
        using var client = await server.ConnectAsync();
        await client.SendAsync("x"u8.ToArray());
        var error = await Assert.ThrowsAsync<SocketException>(() => ReadToEndAsync(client).WaitAsync(Limit));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await ended.Task.WaitAsync(Limit);
        Assert.Equal(["canceled True", nameof(OperationCanceledException), nameof(ConnectionAbortedException)], ends);
    }

    [Fact]
    public async Task A_token_that_fires_late_ends_no_other_read_than_its_own()
    {
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var (input, output) = (connection.Transport.Input, connection.Transport.Output);
            input.AdvanceTo((await input.ReadAsync()).Buffer.End);
            // On the loop by now: what another thread posts to it waits until this turn is over.
            using var source = new CancellationTokenSource();
            var first = input.ReadAsync(source.Token).AsTask();
            var other = new Thread(source.Cancel);
            other.Start();
            other.Join();
            input.CancelPendingRead();
            Assert.True((await first).IsCanceled);
            var second = input.ReadAsync().AsTask();
            await output.WriteAsync("again"u8.ToArray());
            await output.WriteAsync((await second).Buffer.ToArray());
        });
        using var client = await server.ConnectAsync();
        await client.SendAsync("first"u8.ToArray());
        var again = new byte[5];
        Assert.Equal(again.Length, await client.ReceiveAsync(again).WaitAsync(Limit));
        await client.SendAsync("second"u8.ToArray());
        Assert.Equal("second", Encoding.ASCII.GetString(await ReadToEndAsync(client).WaitAsync(Limit)));
    }

    [Fact]
    public async Task The_last_reply_reaches_a_client_whose_input_nobody_read()
    {
        using var sent = new SemaphoreSlim(0);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            await sent.WaitAsync();
            await connection.Transport.Output.WriteAsync("bye"u8.ToArray());
        });
        for (var i = 0; i < 20; i++)
        {
            using var client = await server.ConnectAsync();
            await client.SendAsync("never read"u8.ToArray());
            sent.Release();
            Assert.Equal("bye", Encoding.ASCII.GetString(await ReadToEndAsync(client).WaitAsync(Limit)));
        }
    }

    [Fact]
    public async Task A_reset_by_the_client_is_an_exception_with_the_systems_error()
    {
        var failure = new TaskCompletionSource<Exception>();
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            try
            {
                await connection.Transport.Input.ReadAsync();
            }
            catch (Exception exception)
            {
                failure.SetResult(exception);
            }
        });
        var client = await server.ConnectAsync();
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        var exception = await failure.Task.WaitAsync(Limit);
        Assert.IsType<ConnectionResetException>(exception);
        Assert.Equal(104, Assert.IsType<SocketException>(exception.InnerException).NativeErrorCode);
    }

    [Fact]
    public async Task Whoever_connects_from_elsewhere_goes_on_elsewhere()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(OwnAddress.NextEndPoint());
        listener.Listen();
        var endPoint = listener.LocalEndPoint!;
        using var transport = new EpollTransport(1, TimeProvider.System, new LoopWatchdog(TimeSpan.MaxValue, _ => { }));
        for (var i = 0; i < 100; i++)
        {
            var connection = await transport.ConnectAsync(endPoint).AsTask().WaitAsync(Limit);
            Assert.Null(EventLoop.Current);
            connection.Abort();                     // and no wait for its end, which comes on the loop
        }

        listener.Dispose();
        for (var i = 0; i < 100; i++)
        {
            await Assert.ThrowsAsync<SocketException>(() => transport.ConnectAsync(endPoint).AsTask().WaitAsync(Limit));
            Assert.Null(EventLoop.Current);
        }
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync();
            foreach (var memory in read.Buffer) output.Write(memory.Span);
            input.AdvanceTo(read.Buffer.End);
            if (read.Buffer.Length > 0) await output.FlushAsync();
            if (read.IsCompleted) return;
        }
    }

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes.AsMemory(sent));
        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        var all = new ArrayBufferWriter<byte>();
        while (await socket.ReceiveAsync(all.GetMemory(16 * 1024)) is var count && count > 0) all.Advance(count);
        return all.WrittenSpan.ToArray();
    }
}

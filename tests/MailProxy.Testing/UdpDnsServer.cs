using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MailProxy.Testing;

/// <summary>A name server with the few records that a test gives it; a name without any does not exist.</summary>
internal sealed class UdpDnsServer : IAsyncDisposable
{
    public const int Pointer = 12;
    public const int Address = 1;
    public const int LongAddress = 28;
    public const int Alias = 5;
    public const int Text = 16;

    /// <summary>A response code that is none: the answer makes no sense.</summary>
    public const int Garbage = -2;

    private readonly Dictionary<(string Name, int Type), Reply> _replies = [];
    private readonly Task _serving;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();

    public UdpDnsServer()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving = ServeAsync();
    }

    /// <summary>The questions so far, as <c>type name</c>.</summary>
    public ConcurrentQueue<string> Questions { get; } = new();

    /// <summary>Fires when a question came in that is never answered.</summary>
    public TaskCompletionSource Silenced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it takes questions and answers none, as a server does that is stopped.</summary>
    public bool IsSilent { get; set; }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public UdpDnsServer WithPointer(string reverse, string name, int ttl = 60) => With(reverse, Pointer, new Reply(0, EncodeName(name), ttl));

    public UdpDnsServer WithAddress(string name, string address, int ttl = 60) => With(
        name, address.Contains(':') ? LongAddress : Address, new Reply(0, IPAddress.Parse(address).GetAddressBytes(), ttl));

    /// <summary>An answer with a record of another type than the question's.</summary>
    public UdpDnsServer WithOther(string name, int type, int recordType) => With(name, type, new Reply(0, EncodeName("other.example"), 60) { Type = recordType });

    /// <summary>A pointer behind an alias, as RFC 2317 delegates them.</summary>
    public UdpDnsServer WithAliasedPointer(string reverse, string name) => With(reverse, Pointer, new Reply(0, EncodeName(name), 60) { Alias = EncodeName("1.classless.example") });

    public UdpDnsServer Failing(string name, int type, int code) => With(name, type, new Reply(code, null, 0));

    public UdpDnsServer Silent(string name, int type) => With(name, type, new Reply(-1, null, 0));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.WaitAsync(TimeSpan.FromSeconds(10));
        _socket.Dispose();
        _stop.Dispose();
    }

    private UdpDnsServer With(string name, int type, Reply reply)
    {
        lock (_replies) _replies[(name, type)] = reply;
        return this;
    }

    private async Task ServeAsync()
    {
        var buffer = new byte[1500];
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                if (Answer(buffer.AsSpan(0, received.ReceivedBytes)) is { } answer)
                    await _socket.SendToAsync(answer, SocketFlags.None, received.RemoteEndPoint, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private byte[]? Answer(ReadOnlySpan<byte> query)
    {
        var end = 12;
        var labels = new List<string>();
        for (; query[end] != 0; end += query[end] + 1) labels.Add(Encoding.ASCII.GetString(query.Slice(end + 1, query[end])));
        var name = string.Join('.', labels);
        var type = BinaryPrimitives.ReadUInt16BigEndian(query[(end + 1)..]);
        var question = query[12..(end + 5)];
        Questions.Enqueue($"{type} {name}");

        Reply? reply;
        lock (_replies) reply = _replies.GetValueOrDefault((name, type), new Reply(3, null, 0));
        if (reply.Code == Garbage) return [query[0], query[1], 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, .. question, 0xC0];
        if (reply.Code < 0 || IsSilent)
        {
            Silenced.TrySetResult();
            return null;
        }

        byte[] header = [query[0], query[1], 0x81, (byte)(0x80 | reply.Code), 0, 1, 0, (byte)(reply.Data is null ? 0 : 1), 0, 0, 0, 0];
        if (reply.Data is null) return [.. header, .. question];
        byte[] record = [0xC0, 12, 0, (byte)(reply.Type ?? type), 0, 1, 0, 0, 0, (byte)reply.Ttl, 0, (byte)reply.Data.Length];
        if (reply.Alias is not { } alias) return [.. header, .. question, .. record, .. reply.Data];
        header[7] = 2;
        byte[] first = [0xC0, 12, 0, Alias, 0, 1, 0, 0, 0, (byte)reply.Ttl, 0, (byte)alias.Length];
        return [.. header, .. question, .. first, .. alias, .. alias, .. record[2..], .. reply.Data];
    }

    private static byte[] EncodeName(string name)
    {
        var bytes = new List<byte>();
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.Latin1.GetBytes(label));
        }

        bytes.Add(0);
        return [.. bytes];
    }

    private sealed record Reply(int Code, byte[]? Data, int Ttl)
    {
        /// <summary>Another type than the question's.</summary>
        public int? Type { get; init; }

        /// <summary>The name that the question's is an alias of.</summary>
        public byte[]? Alias { get; init; }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>Takes traces by OTLP over http/protobuf, and keeps the spans.</summary>
internal sealed class OtlpSink : IAsyncDisposable
{
    private readonly PeerServer _server;

    public OtlpSink() => _server = new PeerServer(ServeAsync);

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    /// <summary>The heads of all requests: request line and headers.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>The attributes of the resource, of the last request.</summary>
    public IReadOnlyDictionary<string, string> Resource { get; private set; } = new Dictionary<string, string>();

    public string Url => $"http://127.0.0.1:{_server.Port}";

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Peer peer)
    {
        while (true)
        {
            var head = new StringBuilder();
            string line;
            do head.Append(line = await peer.ReadLineAsync()); while (line is not "\r\n" and not "");
            if (line.Length == 0) return;
            Heads.Enqueue(head.ToString());
            var length = head.ToString().Split("\r\n").First(header => header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1];
            var (resource, spans) = OtlpSpan.ReadRequest(Encoding.Latin1.GetBytes(await peer.ReadAsync(int.Parse(length, CultureInfo.InvariantCulture))));
            Resource = resource;
            foreach (var span in spans) Spans.Enqueue(span);
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n");
        }
    }
}

/// <summary>What a test asks of a span.</summary>
internal sealed record OtlpSpan(string TraceId, string Id, string ParentId, string Name, ulong Start, ulong End, IReadOnlyDictionary<string, string> Tags, bool HasFailed)
{
    /// <summary>Reads an ExportTraceServiceRequest of opentelemetry-proto: the resource's attributes, and the spans.</summary>
    public static (IReadOnlyDictionary<string, string> Resource, IReadOnlyList<OtlpSpan> Spans) ReadRequest(byte[] request)
    {
        var resourceSpans = Protobuf.Read(Assert.Single(Protobuf.Read(request), field => field.Number == 1).Bytes);
        var spans = from scope in resourceSpans where scope.Number == 2 from span in Protobuf.Read(scope.Bytes) where span.Number == 2 select Parse(span.Bytes);
        return (Attributes(Protobuf.Read(resourceSpans.First(field => field.Number == 1).Bytes), 1), [.. spans]);
    }

    private static OtlpSpan Parse(byte[] bytes)
    {
        var fields = Protobuf.Read(bytes);
        var status = fields.Where(field => field.Number == 15).SelectMany(field => Protobuf.Read(field.Bytes));
        return new OtlpSpan(Hex(1), Hex(2), Hex(4), Encoding.UTF8.GetString(Find(5)), Time(7), Time(8), Attributes(fields, 9), status.Any(field => field is { Number: 3, Value: 2 }));

        byte[] Find(int number) => fields.FirstOrDefault(field => field.Number == number).Bytes ?? [];
        string Hex(int number) => Convert.ToHexStringLower(Find(number));
        ulong Time(int number) => fields.First(field => field.Number == number).Value;
    }

    /// <summary>The KeyValue messages of a field.</summary>
    private static Dictionary<string, string> Attributes(IEnumerable<ProtobufField> fields, int number) => fields.Where(field => field.Number == number).Select(field => Protobuf.Read(field.Bytes)).ToDictionary(
        pair => Encoding.UTF8.GetString(pair.First(field => field.Number == 1).Bytes),
        pair => Protobuf.Read(pair.First(field => field.Number == 2).Bytes)[0] is var value && value.Number == 1 ? Encoding.UTF8.GetString(value.Bytes) : value.Value.ToString(CultureInfo.InvariantCulture));
}

/// <summary>A field of a protobuf message: a number, or bytes.</summary>
internal readonly record struct ProtobufField(int Number, ulong Value, byte[] Bytes);

/// <summary>As much of protobuf's wire format as traces need.</summary>
internal static class Protobuf
{
    public static IReadOnlyList<ProtobufField> Read(byte[] message)
    {
        var fields = new List<ProtobufField>();
        for (var at = 0; at < message.Length;)
        {
            var tag = (int)Varint(message, ref at);
            var (value, bytes) = (0UL, Array.Empty<byte>());
            switch (tag & 7)
            {
                case 0:
                    value = Varint(message, ref at);
                    break;
                case 1:
                    value = BitConverter.ToUInt64(message, at);
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    bytes = message[at..(at + length)];
                    at += length;
                    break;
                case 5:
                    value = BitConverter.ToUInt32(message, at);
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"protobuf wire type {tag & 7}");
            }

            fields.Add(new ProtobufField(tag >> 3, value, bytes));
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var octet = message[at++];
            value |= (ulong)(octet & 0x7F) << shift;
            if (octet < 0x80) return value;
        }
    }
}

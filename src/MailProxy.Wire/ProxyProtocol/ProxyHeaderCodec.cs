using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;

namespace MailProxy.Wire.ProxyProtocol;

/// <summary>The PROXY protocol, versions 1 (text) and 2 (binary), as haproxy's proxy-protocol.txt defines it.</summary>
internal static class ProxyHeaderCodec
{
    /// <summary>The most bytes that a header may take; nginx's limit.</summary>
    public const int MaxLength = 4096;

    private const int MaxTextLength = 107;
    private const int BinaryPrefix = 16;
    private const int LongestAddresses = 36;

    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create("0123456789ABCDEFabcdef.:"u8);

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ProxyHeaderResult Incomplete => new() { Status = ParseStatus.Incomplete };

    private static ProxyHeaderResult Broken => new() { Status = ParseStatus.Invalid, Error = ProxyHeaderError.Broken };

    /// <summary>Reads the header that a connection begins with.</summary>
    /// <param name="input">All that has arrived; a header may come in pieces.</param>
    public static ProxyHeaderResult Read(ReadOnlySpan<byte> input)
    {
        if (BeginsAs(input, Signature)) return ReadBinary(input);
        if (!BeginsAs(input, "PROXY "u8)) return Broken;

        var end = input[..Math.Min(input.Length, MaxTextLength)].IndexOf((byte)'\n');
        if (end < 0) return input.Length < MaxTextLength ? Incomplete : Broken;
        var line = input[..end];
        if (line is not [.., (byte)'\r'] || !TryReadText(line["PROXY ".Length..^1], out var header)) return Broken;
        return Complete(end + 1, header);
    }

    /// <summary>Writes a header of version 1: UNKNOWN where an address is not of IP.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="client">The client.</param>
    /// <param name="local">The address that the client connected to.</param>
    public static void WriteV1(IBufferWriter<byte> output, EndPoint client, EndPoint local)
    {
        var line = client is IPEndPoint source && local is IPEndPoint destination
            ? string.Create(CultureInfo.InvariantCulture,
                $"PROXY {FamilyOf(source)} {TextOf(source.Address)} {TextOf(destination.Address)} {source.Port} {destination.Port}\r\n")
            : "PROXY UNKNOWN\r\n";
        Encoding.ASCII.GetBytes(line, output);
    }

    /// <summary>Writes a header of version 2 with its checksum: LOCAL where an address is not of IP.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="client">The client.</param>
    /// <param name="local">The address that the client connected to.</param>
    /// <param name="tls">The client's TLS session; null where its connection is clear.</param>
    public static void WriteV2(IBufferWriter<byte> output, EndPoint client, EndPoint local, ProxyTls? tls = null)
    {
        Span<byte> header = stackalloc byte[BinaryPrefix + LongestAddresses + ProxyTlvWriter.MaxLength];
        var length = WriteBinary(header, client, local);
        var extensions = new ProxyTlvWriter(header[length..]);
        if (tls is not null) extensions.Tls(tls);
        extensions.Number(0x03, 0);                        // the checksum, once it is known
        header = header[..(length + extensions.Length)];
        BinaryPrimitives.WriteUInt16BigEndian(header[14..], (ushort)(header.Length - BinaryPrefix));
        BinaryPrimitives.WriteUInt32BigEndian(header[^4..], Crc32C(header));
        output.Write(header);
    }

    /// <summary>Writes a header of version 2 as nginx does: addresses, and nothing behind them.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="client">The client.</param>
    /// <param name="local">The address that the client connected to.</param>
    public static void WriteV2Addresses(IBufferWriter<byte> output, EndPoint client, EndPoint local)
    {
        Span<byte> header = stackalloc byte[BinaryPrefix + LongestAddresses];
        header = header[..WriteBinary(header, client, local)];
        BinaryPrimitives.WriteUInt16BigEndian(header[14..], (ushort)(header.Length - BinaryPrefix));
        output.Write(header);
    }

    /// <summary>Writes all up to the extensions, leaving the length to the caller.</summary>
    /// <returns>How many bytes it was.</returns>
    private static int WriteBinary(Span<byte> header, EndPoint client, EndPoint local)
    {
        Signature.CopyTo(header);
        if (client is not IPEndPoint source || local is not IPEndPoint destination)
        {
            (header[12], header[13]) = (0x20, 0x00);
            return BinaryPrefix;
        }

        header[12] = 0x21;
        return BinaryPrefix + WriteAddresses(header[13..], source, destination);
    }

    private static bool BeginsAs(ReadOnlySpan<byte> input, ReadOnlySpan<byte> expected) =>
        input.Length < expected.Length ? expected.StartsWith(input) : input.StartsWith(expected);

    private static ProxyHeaderResult Complete(int length, ProxyHeader? header) =>
        new() { Status = ParseStatus.Complete, Consumed = length, Header = header };

    /// <summary>Reads <c>TCP4 source destination port port</c>. Either family is taken in either place: nginx writes two where a real ip is of another family.</summary>
    private static bool TryReadText(ReadOnlySpan<byte> text, out ProxyHeader? header)
    {
        header = null;
        if (text.StartsWith("UNKNOWN"u8)) return !text.Contains((byte)'\r');
        if (!text.StartsWith("TCP4 "u8) && !text.StartsWith("TCP6 "u8)) return false;
        text = text["TCP4 ".Length..];
        if (!TryReadAddress(ref text, out var source) || !TryReadAddress(ref text, out var destination)) return false;
        var isWhole = TryReadPort(CommandLine.FirstWord(text, out var rest), out var sourcePort)
            & TryReadPort(rest.IsEmpty ? rest : rest[1..], out var destinationPort);
        if (isWhole) header = new ProxyHeader(new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort));
        return isWhole;
    }

    private static bool TryReadAddress(ref ReadOnlySpan<byte> text, out IPAddress address)
    {
        var word = CommandLine.FirstWord(text, out var rest);
        text = rest.IsEmpty ? rest : rest[1..];
        address = IPAddress.None;
        if (word.ContainsAnyExcept(AddressBytes) || !IPAddress.TryParse(word, out var parsed)) return false;
        address = parsed;
        // "1.2" and "010.0.0.1" are addresses to the library, but not here.
        return !IsIpv4(parsed) || Ascii.Equals(word, parsed.ToString());
    }

    private static bool TryReadPort(ReadOnlySpan<byte> word, out ushort port) =>
        ushort.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out port);

    private static ProxyHeaderResult ReadBinary(ReadOnlySpan<byte> input)
    {
        if (input.Length < BinaryPrefix) return Incomplete;
        var version = input[12] >> 4;
        if (version != 2) return new() { Status = ParseStatus.Invalid, Error = ProxyHeaderError.UnknownVersion, Version = version };
        var length = BinaryPrefix + BinaryPrimitives.ReadUInt16BigEndian(input[14..]);
        if (length > MaxLength) return new() { Status = ParseStatus.Invalid, Error = ProxyHeaderError.TooLarge };
        if (input.Length < length) return Incomplete;

        // PROXY over a stream; LOCAL and datagrams carry no addresses for us.
        if ((input[12] & 0x0F) != 1 || (input[13] & 0x0F) != 1) return Complete(length, null);
        var body = input[BinaryPrefix..length];
        return (input[13] >> 4) switch
        {
            1 => body.Length < 12 ? Broken : Complete(length, ReadAddresses(body, 4)),
            2 => body.Length < 36 ? Broken : Complete(length, ReadAddresses(body, 16)),
            _ => Complete(length, null),
        };
    }

    private static ProxyHeader ReadAddresses(ReadOnlySpan<byte> body, int size)
    {
        var ports = body[(2 * size)..];
        return new ProxyHeader(
            new IPEndPoint(new IPAddress(body[..size]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            new IPEndPoint(new IPAddress(body.Slice(size, size)), BinaryPrimitives.ReadUInt16BigEndian(ports[2..])));
    }

    private static string FamilyOf(IPEndPoint client) => IsIpv4(client.Address) ? "TCP4" : "TCP6";

    /// <summary>The address without a zone, which means nothing on another host.</summary>
    private static string TextOf(IPAddress address) => new IPAddress(address.GetAddressBytes()).ToString();

    /// <summary>Writes family, addresses and ports, leaving the length between them to the caller.</summary>
    /// <returns>How many bytes the addresses and ports take.</returns>
    private static int WriteAddresses(Span<byte> family, IPEndPoint source, IPEndPoint destination)
    {
        var (from, to) = (source.Address, destination.Address);
        var isIpv4 = (IsIpv4(from) || from.IsIPv4MappedToIPv6) && (IsIpv4(to) || to.IsIPv4MappedToIPv6);
        family[0] = isIpv4 ? (byte)0x11 : (byte)0x21;
        var size = isIpv4 ? 4 : 16;
        var body = family[3..];
        (isIpv4 ? from.MapToIPv4() : from.MapToIPv6()).TryWriteBytes(body, out _);
        (isIpv4 ? to.MapToIPv4() : to.MapToIPv6()).TryWriteBytes(body[size..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(body[(2 * size)..], (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(body[(2 * size + 2)..], (ushort)destination.Port);
        return 2 * size + 4;
    }

    private static bool IsIpv4(IPAddress address) => address.TryWriteBytes(stackalloc byte[4], out _);

    /// <summary>The checksum of the header with zeros in its place (RFC 9260, appendix A).</summary>
    private static uint Crc32C(ReadOnlySpan<byte> header)
    {
        var crc = uint.MaxValue;
        foreach (var octet in header) crc = BitOperations.Crc32C(crc, octet);
        return ~crc;
    }
}

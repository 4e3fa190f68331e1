using System.Buffers;
using System.Net;
using System.Text;
using CsCheck;
using MailProxy.Wire.ProxyProtocol;

namespace MailProxy.Wire.Tests.ProxyProtocol;

public sealed class ProxyHeaderCodecTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";
    private const string Tcp4 = "\x7f\0\0\x01\x0a\0\0\x02\xdc\x8a\x79\x33";

    private static readonly string Tcp6 = new string('\0', 15) + "\x01" + "\xfe\x80" + new string('\0', 13) + "\x02" + "\x12\x67\0\x19";

    /// <summary>A header, and how it reads: client and the address that it connected to.</summary>
    public static TheoryData<string, string> Headers => new()
    {
        { "PROXY TCP4 192.0.2.1 192.0.2.2 51438 143\r\n", "192.0.2.1:51438 192.0.2.2:143" },
        { "PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "0.0.0.0:0 255.255.255.255:65535" },
        { "PROXY TCP6 2001:DB8::1 ::ffff:1.2.3.4 1 2\r\n", "[2001:db8::1]:1 [::ffff:1.2.3.4]:2" },
        { "PROXY TCP6 2001:db8::1 127.0.0.1 1 2\r\n", "[2001:db8::1]:1 127.0.0.1:2" },
        { "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535 [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535" },
        { "PROXY UNKNOWN\r\n", "none" },
        { "PROXY UNKNOWN anything at all\r\n", "none" },
        { "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "none" },
        { Signature + "\x21\x11\0\x0c" + Tcp4, "127.0.0.1:56458 10.0.0.2:31027" },
        { Signature + "\x21\x21\0\x24" + Tcp6, "[::1]:4711 [fe80::2]:25" },
        { Signature + "\x21\x11\0\x13" + Tcp4 + "\x04\0\x04\0\0\0\0", "127.0.0.1:56458 10.0.0.2:31027" },
        { Signature + "\x20\0\0\0", "none" },
        { Signature + "\x20\x11\0\x0c" + Tcp4, "none" },
        { Signature + "\x22\x11\0\x0c" + Tcp4, "none" },
        { Signature + "\x21\0\0\0", "none" },
        { Signature + "\x21\x12\0\x0c" + Tcp4, "none" },
        { Signature + "\x21\x31\0\x03" + "abc", "none" },
        { Signature + "\x21\0\x0f\xf0" + new string('x', 4080), "none" },
    };

    [Theory, MemberData(nameof(Headers))]
    public void A_header_is_read_and_every_beginning_of_it_is_incomplete(string input, string expected)
    {
        Assert.Equal(expected, ProxyHeaderCodec.Read(Bytes(input)).Header is { } header ? $"{header.Source} {header.Destination}" : "none");
        ParserContract.IsIncompleteUntilTheEnd(Read, Bytes(input), ParseStatus.Complete);
    }

    [Theory]
    [InlineData("EHLO c\r\n")]
    [InlineData("\r\nx")]
    [InlineData("PROXX")]
    [InlineData("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n")]
    [InlineData("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r2\r\n")]
    [InlineData("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 host 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 [::1] ::1 1 2\r\n")]
    [InlineData("PROXY UNKNOWN\n")]
    [InlineData("PROXY UNKNOWN a\rb\r\n")]
    [InlineData(Signature + "\x21\x11\0\x0b" + "12345678901")]
    [InlineData(Signature + "\x21\x21\0\x0c" + Tcp4)]
    public void What_is_no_header_is_broken(string input)
    {
        var result = ProxyHeaderCodec.Read(Bytes(input));
        Assert.Equal((ParseStatus.Invalid, ProxyHeaderError.Broken, 0, null), (result.Status, result.Error, result.Consumed, result.Header));
    }

    [Fact]
    public void A_line_that_never_ends_is_broken_after_107_bytes()
    {
        var endless = Bytes("PROXY UNKNOWN ".PadRight(107, 'x'));
        Assert.Equal(ParseStatus.Incomplete, ProxyHeaderCodec.Read(endless.AsSpan(0, 106)).Status);
        Assert.Equal(ProxyHeaderError.Broken, ProxyHeaderCodec.Read(endless).Error);
    }

    [Theory, InlineData('\x11', 1), InlineData('\x01', 0), InlineData('\xf1', 15)]
    public void Another_version_is_named(char octet, int version)
    {
        var result = ProxyHeaderCodec.Read(Bytes(Signature + octet + "\x11\0\x0c"));
        Assert.Equal((ParseStatus.Invalid, ProxyHeaderError.UnknownVersion, version), (result.Status, result.Error, result.Version));
    }

    [Fact]
    public void A_header_longer_than_4096_bytes_is_too_large() =>
        Assert.Equal(ProxyHeaderError.TooLarge, ProxyHeaderCodec.Read(Bytes(Signature + "\x21\x11\x0f\xf1")).Error);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.2", "PROXY TCP4 127.0.0.1 127.0.0.2 51438 31025\r\n")]
    [InlineData("::1", "fe80::1%3", "PROXY TCP6 ::1 fe80::1 51438 31025\r\n")]
    [InlineData("::ffff:1.2.3.4", "::1", "PROXY TCP6 ::ffff:1.2.3.4 ::1 51438 31025\r\n")]
    [InlineData("2001:db8::1", "127.0.0.1", "PROXY TCP6 2001:db8::1 127.0.0.1 51438 31025\r\n")]
    [InlineData("127.0.0.1", "::1", "PROXY TCP4 127.0.0.1 ::1 51438 31025\r\n")]
    public void Version_1_names_the_clients_family(string client, string local, string expected) => Assert.Equal(expected, WriteV1(EndPoint(client, 51438), EndPoint(local, 31025)));

    [Fact]
    public void A_unix_client_is_unknown()
    {
        Assert.Equal("PROXY UNKNOWN\r\n", WriteV1(Unix, Unix));
        Assert.Equal("PROXY UNKNOWN\r\n", WriteV1(EndPoint("127.0.0.1", 1), Unix));
        Assert.StartsWith("0D0A0D0A000D0A515549540A20000007030004", WriteV2(Unix, Unix), StringComparison.Ordinal);
        Assert.StartsWith("0D0A0D0A000D0A515549540A20000007030004", WriteV2(EndPoint("127.0.0.1", 1), Unix), StringComparison.Ordinal);
    }

    [Fact]
    public void Golden_vector_16_is_written_byte_by_byte() =>
        Assert.Equal("0D0A0D0A000D0A515549540A" + "2111" + "0013" + "7F000001" + "7F000001" + "DC8A" + "7933" + "0300047C5EC0B6",
            WriteV2(EndPoint("127.0.0.1", 0xdc8a), EndPoint("127.0.0.1", 0x7933)));

    [Fact]
    public void A_tls_client_is_described_before_the_checksum()
    {
        var tls = new ProxyTls { Version = "TLSv1.3", Cipher = "TLS_AES_256_GCM_SHA384", SignatureAlgorithm = "RSA-SHA256", KeyAlgorithm = "RSA2048" };
        Assert.Equal(
            Addresses("0055") + "20003F" + "01" + "00000001" + Tlv("21", "TLSv1.3") + Tlv("23", "TLS_AES_256_GCM_SHA384") + Tlv("24", "RSA-SHA256") + Tlv("25", "RSA2048"),
            WithoutChecksum(tls));

        tls = tls with { Authority = "mail.example", ApplicationProtocol = "imap" };
        Assert.StartsWith(Addresses("006B") + Tlv("02", "mail.example") + Tlv("01", "imap") + "20003F", WithoutChecksum(tls), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 0, "07" + "00000000")]
    [InlineData(false, 10, "07" + "0000000A")]
    [InlineData(true, 0, "05" + "00000000")]
    public void A_client_certificate_is_named_with_its_verdict(bool isResumed, int verification, string facts)
    {
        var tls = new ProxyTls { Version = "TLSv1.2", Cipher = "X", HasCertificate = true, IsResumed = isResumed, Verification = verification, CommonName = "Zoë" };
        Assert.Equal(Addresses("0030") + "20001A" + facts + Tlv("21", "TLSv1.2") + "2200045A6FC3AB" + Tlv("23", "X"), WithoutChecksum(tls));
    }

    [Fact]
    public void A_text_that_is_longer_than_any_name_is_left_out()
    {
        var longest = new string('n', 255);
        var all = new ProxyTls { Version = longest, Cipher = longest, SignatureAlgorithm = longest, KeyAlgorithm = longest, Authority = longest, ApplicationProtocol = longest, CommonName = longest, HasCertificate = true };
        Assert.Contains(Tlv("02", longest) + Tlv("01", longest), WithoutChecksum(all), StringComparison.Ordinal);
        Assert.Equal(WithoutChecksum(all with { Authority = null }), WithoutChecksum(all with { Authority = longest + "n" }));
    }

    [Fact]
    public void A_described_client_is_read_back_with_a_good_checksum()
    {
        var output = new ArrayBufferWriter<byte>();
        ProxyHeaderCodec.WriteV2(output, EndPoint("192.0.2.1", 1), EndPoint("2001:db8::1", 2), new ProxyTls { Version = "TLSv1.3", Cipher = "X", Authority = "a" });
        var header = output.WrittenSpan.ToArray();
        Assert.Equal((ParseStatus.Complete, header.Length), Read(header));
        var sum = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan()[^4..]);
        header.AsSpan()[^4..].Clear();
        Assert.Equal(header.Aggregate(uint.MaxValue, System.Numerics.BitOperations.Crc32C), ~sum);
    }

    [Theory]
    [InlineData("::ffff:1.2.3.4", "::ffff:5.6.7.8", "1.2.3.4", "5.6.7.8")]
    [InlineData("1.2.3.4", "::ffff:5.6.7.8", "1.2.3.4", "5.6.7.8")]
    [InlineData("1.2.3.4", "::1", "::ffff:1.2.3.4", "::1")]
    [InlineData("::1", "1.2.3.4", "::1", "::ffff:1.2.3.4")]
    [InlineData("::1", "::ffff:1.2.3.4", "::1", "::ffff:1.2.3.4")]
    public void Version_2_promotes_and_demotes_addresses_to_one_family(string client, string local, string sentClient, string sentLocal)
    {
        var header = ProxyHeaderCodec.Read(Convert.FromHexString(WriteV2(EndPoint(client, 1), EndPoint(local, 2)))).Header!;
        Assert.Equal((EndPoint(sentClient, 1), EndPoint(sentLocal, 2)), (header.Source, header.Destination));
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var address = Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16]).Select(bytes => new IPAddress(bytes));
        var endPoint = Gen.Select(address, Gen.UShort).Select((ip, port) => new IPEndPoint(ip, port));
        Gen.Select(endPoint, endPoint).Sample((client, local) =>
        {
            Assert.Equal(new ProxyHeader(client, local), ProxyHeaderCodec.Read(Bytes(WriteV1(client, local))).Header);
            var binary = Convert.FromHexString(WriteV2(client, local));
            var header = ProxyHeaderCodec.Read(binary).Header!;
            Assert.Equal((client.Address.MapToIPv6(), client.Port), (header.Source.Address.MapToIPv6(), header.Source.Port));
            Assert.Equal((local.Address.MapToIPv6(), local.Port), (header.Destination.Address.MapToIPv6(), header.Destination.Port));
            ParserContract.IsIncompleteUntilTheEnd(Read, binary, ParseStatus.Complete);
        });
    }

    [Fact]
    public void Any_input_is_survived() => ParserContract.SurvivesFuzzing(
        Read, "PROXY TCP4 192.0.2.1 192.0.2.2 51438 143\r\n", "PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "PROXY UNKNOWN x\r\n", Signature + "\x21\x11\0\x0c" + Tcp4, Signature + "\x21\x21\0\x24" + Tcp6);

    [Fact]
    public void A_header_without_addresses_costs_no_memory()
    {
        ParserContract.AllocatesNothing(Read, "PROXY UNKNOWN\r\n");
        ParserContract.AllocatesNothing(Read, Signature + "\x20\0\0\0");
        ParserContract.AllocatesNothing(Read, "PROXY TCP4 192.0.2.1 192.0.2.");
    }

    private static System.Net.Sockets.UnixDomainSocketEndPoint Unix => new("/run/mail.sock");

    private static IPEndPoint EndPoint(string address, int port) => new(IPAddress.Parse(address), port);

    private static string WriteV1(EndPoint client, EndPoint local)
    {
        var output = new ArrayBufferWriter<byte>();
        ProxyHeaderCodec.WriteV1(output, client, local);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }

    private static string WriteV2(EndPoint client, EndPoint local)
    {
        var output = new ArrayBufferWriter<byte>();
        ProxyHeaderCodec.WriteV2(output, client, local);
        return Convert.ToHexString(output.WrittenSpan);
    }

    private static string Addresses(string length) => "0D0A0D0A000D0A515549540A" + "2111" + length + "7F000001" + "7F000001" + "DC8A" + "7933";

    private static string Tlv(string type, string text) => $"{type}{text.Length:X4}{Convert.ToHexString(Encoding.UTF8.GetBytes(text))}";

    private static string WithoutChecksum(ProxyTls tls)
    {
        var output = new ArrayBufferWriter<byte>();
        ProxyHeaderCodec.WriteV2(output, EndPoint("127.0.0.1", 0xdc8a), EndPoint("127.0.0.1", 0x7933), tls);
        var header = Convert.ToHexString(output.WrittenSpan);
        Assert.Equal("030004", header[^14..^8]);
        return header[..^14];
    }

    private static (ParseStatus Status, int Consumed) Read(ReadOnlySpan<byte> input)
    {
        var result = ProxyHeaderCodec.Read(input);
        return (result.Status, result.Consumed);
    }

    private static byte[] Bytes(string latin1) => Encoding.Latin1.GetBytes(latin1);
}

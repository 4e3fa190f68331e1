using System.Buffers;
using CsCheck;
using MailProxy.Authentication;

namespace MailProxy.Tests.Authentication;

public sealed class AuthResponseParserTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nAuth-Server: 1.2.3.4\r\n\r\n", "1.2.3.4")]
    [InlineData("HTTP/1.1 500 Oops\nAuth-Server: 1.2.3.4\n\n", "1.2.3.4")]
    [InlineData("HTTP/\r\nauth-SERVER:1.2.3.4\r\n\r\nAuth-Server: body", "1.2.3.4")]
    [InlineData("Auth-Server: 1.2.3.4\r\n\r\n", "1.2.3.4")]
    [InlineData("HTT: x\r\nAuth-Server:    1.2.3.4   \r\n\r\n", "1.2.3.4")]
    [InlineData("H\r\n9-9: x\r\nAuth-Server: a  b \r\n\r\n", "a  b")]
    [InlineData("Auth-Server: 1\r\nAuth-Server: 2\r\n\r\n", "2")]
    [InlineData("Auth-Server: 1\r\nAuth-Server\r\n\r\n", "")]
    [InlineData("Auth-Server: 1\r\nAuth-Server:\r\n\r\n", "")]
    [InlineData("Auth-Server: 1\r\nAuth-Server:   \n\r\n", "")]
    [InlineData("Auth-Server: \tx\t\r\n\r\n", "\tx\t")]
    [InlineData("Auth-Server: \u00e4\u0080\u00ff\r\n\r\n", "\u00e4\u0080\u00ff")]
    [InlineData("Auth-ServerX: 1\r\nX-Auth-Server: 2\r\n\r\n", "")]
    public void A_header_is_read_as_nginx_reads_it(string answer, string server)
    {
        Assert.Equal((AuthResponseProgress.Complete, server), ReadServer(answer, 1));
        Assert.Equal((AuthResponseProgress.Complete, server), ReadServer(answer, answer.Length));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\rX", (int)AuthResponseProgress.InvalidStatusLine)]
    [InlineData("HTTP/1.1 200\r\n_x", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("-x", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("A_", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("A ", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("A: b\r\n ", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("A: b\r\n\t", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("A: b\rc", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("A: \0", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("A: b\u001b", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("A: b\u007f", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("\rX", (int)AuthResponseProgress.InvalidHeader)]
    [InlineData("HTTP", (int)AuthResponseProgress.Incomplete)]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n\r", (int)AuthResponseProgress.Incomplete)]
    public void A_broken_answer_is_noticed_at_its_first_wrong_byte(string answer, int expected)
    {
        Assert.Equal((AuthResponseProgress)expected, ReadServer(answer, 1).Progress);
        Assert.Equal((AuthResponseProgress)expected, ReadServer(answer, answer.Length).Progress);
    }

    [Fact]
    public void Sixteen_kibibytes_are_accepted_and_not_one_more()
    {
        const string End = "\r\n\r\n";
        var fits = "HTTP/1.0 200 OK\r\nX: " + new string('x', AuthResponseParser.Limit - 20 - End.Length) + End;
        Assert.Equal(AuthResponseParser.Limit, fits.Length);
        Assert.Equal(AuthResponseProgress.Complete, ReadServer(fits, 100).Progress);
        Assert.Equal(AuthResponseProgress.TooLong, ReadServer(fits[..^4] + "x" + End, 100).Progress);
        Assert.Equal(AuthResponseProgress.TooLong, ReadServer("HTTP/" + new string('x', 20000), 100).Progress);
    }

    [Fact]
    public void A_sequence_of_many_segments_reads_like_one()
    {
        var first = new Segment("HTTP/1.0 200\r\nAuth-Ser"u8.ToArray(), null);
        var last = new Segment("ver: 1.2.3.4\r\n\r\nrest"u8.ToArray(), first);
        var parser = new AuthResponseParser();
        Assert.Equal(AuthResponseProgress.Complete, parser.Read(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length)));
        Assert.Equal("1.2.3.4", Attempts.Text(parser.Response.Server));
    }

    [Fact]
    public void Whatever_the_bytes_they_never_throw_and_cuts_do_not_matter()
    {
        string[] words = ["HTTP/", "H", "\r\n", "\n", "\r", ":", " ", "Auth-Status", "Auth-Wait", "Auth-Server", "Auth-Port", "OK", "WAIT", "1", "\0", "\u00ff", "_", "\t"];
        var token = Gen.OneOf(Gen.Int[0, words.Length - 1].Select(index => words[index]), Gen.Byte.Select(value => ((char)value).ToString()));
        Gen.Select(token.Array[0, 40], Gen.Int[1, 9]).Sample((tokens, chunk) =>
        {
            var answer = string.Concat(tokens);
            var whole = Read(answer, answer.Length + 1);
            var cut = Read(answer, chunk);
            whole.Response.ParsePort();
            whole.Response.ParseServer();
            return whole.Progress == cut.Progress && Describe(whole.Response) == Describe(cut.Response);
        }, iter: 20_000);
    }

    [Fact]
    public void Nothing_with_a_line_break_or_nul_leaves_the_parser() =>
        Gen.Byte.Array[0, 30].Sample(bytes =>
        {
            var response = Read("Auth-Status: " + Attempts.Text(bytes) + "\r\n\r\n", 7).Response;
            return response.FailureText is null || !response.FailureText.AsSpan().ContainsAny("\r\n\0"u8);
        });

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("010.0.0.09", "10.0.0.9")]
    [InlineData("::1", "::1")]
    [InlineData("2001:DB8::a", "2001:db8::a")]
    [InlineData("::ffff:1.2.3.4", "::ffff:1.2.3.4")]
    [InlineData("127.1", null)]
    [InlineData("1", null)]
    [InlineData("0x7f.0.0.1", null)]
    [InlineData("1.2.3.256", null)]
    [InlineData("1.2.3.4.5", null)]
    [InlineData("1..2.3", null)]
    [InlineData("1.2.3.4:143", null)]
    [InlineData("[::1]", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData("::1/64", null)]
    [InlineData("unix:/x", null)]
    [InlineData("99999999999999999999.1.1.1", null)]
    public void An_address_is_a_server_as_nginx_reads_it(string value, string? address) =>
        Assert.Equal(address, Read($"Auth-Server: {value}\r\n\r\n", 1).Response.ParseServer()?.Name);

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("mx-1.example.test", true)]
    [InlineData("mx.example.test.", true)]
    [InlineData("imap_pool", true)]
    [InlineData("3com", true)]
    [InlineData("a..b", false)]
    [InlineData(".", false)]
    [InlineData("-a", false)]
    [InlineData("a-.b", false)]
    [InlineData("a b", false)]
    [InlineData("a:143", false)]
    [InlineData("a/b", false)]
    [InlineData("m\u00e4x", false)]
    public void A_name_is_a_server_by_the_rules_of_host_names(string value, bool valid) =>
        Assert.Equal(valid ? (value, true) : null, Read($"Auth-Server: {value}\r\n\r\n", 1).Response.ParseServer());

    [Theory]
    [InlineData("1", 1)]
    [InlineData("65535", 65535)]
    [InlineData("0143", 143)]
    [InlineData("0", null)]
    [InlineData("65536", null)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData("143x", null)]
    [InlineData("14 3", null)]
    [InlineData("99999999999999999999999", null)]
    public void Only_a_port_number_is_a_port(string value, int? port) =>
        Assert.Equal(port, Read($"Auth-Port: {value}\r\n\r\n", 1).Response.ParsePort());

    private static string Describe(AuthResponse response) => string.Join('|',
        Attempts.Text(response.Server), Attempts.Text(response.Port), Attempts.Text(response.FailureText), response.MustWait, response.Wait);

    private static (AuthResponseProgress Progress, string Server) ReadServer(string answer, int chunk)
    {
        var (progress, response) = Read(answer, chunk);
        return (progress, Attempts.Text(response.Server));
    }

    private static (AuthResponseProgress Progress, AuthResponse Response) Read(string answer, int chunk)
    {
        var parser = new AuthResponseParser();
        foreach (var part in Attempts.Bytes(answer).Chunk(chunk))
        {
            var progress = parser.Read(part);
            if (progress != AuthResponseProgress.Incomplete) return (progress, parser.Response);
        }

        return (AuthResponseProgress.Incomplete, parser.Response);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? before)
        {
            Memory = bytes;
            if (before is null) return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}

using BenchmarkDotNet.Attributes;
using MailProxy.Wire.Imap;
using MailProxy.Wire.Pop3;
using MailProxy.Wire.ProxyProtocol;
using MailProxy.Wire.Smtp;

namespace MailProxy.Benchmarks;

/// <summary>One command through each parser: time, and that nothing is allocated.</summary>
[MemoryDiagnoser]
public class ParserBenchmarks
{
    private readonly byte[] _login = "a1 LOGIN \"user@example.org\" \"secret password\"\r\n"u8.ToArray();
    private readonly byte[] _noop = "a1 NOOP\r\n"u8.ToArray();
    private readonly byte[] _user = "USER user@example.org\r\n"u8.ToArray();
    private readonly byte[] _mail = "MAIL FROM:<a@example.org> SIZE=1000 BODY=8BITMIME\r\n"u8.ToArray();
    private readonly byte[] _proxy = "PROXY TCP4 192.0.2.1 192.0.2.2 51438 143\r\n"u8.ToArray();

    [Benchmark]
    public int ImapLogin() => (int)ImapCommandParser.Parse(_login, 4096, knowsId: true, out _);

    [Benchmark]
    public int ImapNoop() => (int)ImapCommandParser.Parse(_noop, 4096, knowsId: true, out _);

    [Benchmark]
    public int Pop3User() => (int)Pop3CommandParser.Parse(_user, out _);

    [Benchmark]
    public int SmtpMail() => (int)SmtpCommandParser.Parse(_mail, out _);

    [Benchmark]
    public object? ProxyV1() => ProxyHeaderCodec.Read(_proxy).Header;
}

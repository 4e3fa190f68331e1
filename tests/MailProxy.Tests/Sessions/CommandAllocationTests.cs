using System.Buffers;
using System.Net.Sockets;
using System.Text;
using MailProxy.Sessions;
using MailProxy.Tests.Transport;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Transport;
using MailProxy.Wire;

namespace MailProxy.Tests.Sessions;

public sealed class CommandAllocationTests
{
    private const int Commands = 10_000;

#if DEBUG
    // The compiler makes classes of async methods, so that a debugger can look into them.
    private const long PerCommand = 440;
#else
    private const long PerCommand = 0;
#endif

    private readonly byte[] _line = new byte[512];
    private readonly ArrayBufferWriter<byte> _replies = new(1024);

    [Theory]
    [InlineData("imap", "a1 NOOP\r\n")]
    [InlineData("imap", "a1 NOOP \"x\" {3+}\r\nabc\r\n")]
    [InlineData("imap", "a1 XYZZY\r\n")]
    [InlineData("imap", "a1 ID (\"name\" {4+}\r\nmine)\r\n")]
    [InlineData("imap", "a1 NO")]
    [InlineData("pop3", "NOOP\r\n")]
    [InlineData("pop3", "XYZZY\r\n")]
    [InlineData("smtp", "NOOP\r\n")]
    [InlineData("smtp", "RSET\r\n")]
    [InlineData("smtp", "RCPT TO:<a@b.test>\r\n")]
    [InlineData("smtp", "XYZZY\r\n")]
    public void A_command_before_login_allocates_nothing(string protocol, string line)
    {
        var session = new SessionTranscript { Protocol = protocol }.CreateProtocolSession();
        var (input, output) = (Encoding.ASCII.GetBytes(line), new ReplyWriter(_replies));
        Run(session, input, output, 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(session, input, output, Commands);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_whole_session_on_a_loop_allocates_nothing_for_a_command(string protocol)
    {
        var transcript = new SessionTranscript { Protocol = protocol };
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var session = transcript.Open(connection, MailTransport.Time);
            await session.RunAsync();
        });
        using var client = await server.ConnectAsync();
        client.ReceiveTimeout = (int)RelayedSockets.Deadline.TotalMilliseconds;
        var command = Encoding.ASCII.GetBytes(protocol == "imap" ? "a NOOP\r\n" : "NOOP\r\n");
        ReadLine(client);
        Ask(client, command, 100);
        using var meter = new LoopMeter(server.Transport.Loops[0]);
        meter.Begin();
        Ask(client, command, 1000);
        Assert.InRange(meter.End(), 0, 1000 * PerCommand);
    }

    private void Ask(Socket client, byte[] command, int count)
    {
        for (var i = 0; i < count; i++)
        {
            client.Send(command);
            ReadLine(client);
        }
    }

    private void ReadLine(Socket client)
    {
        int count;
        do count = client.Receive(_line); while (count > 0 && _line[count - 1] != '\n');
        Assert.NotEqual(0, count);
    }

    private void Run(ProtocolSession session, byte[] input, ReplyWriter output, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _replies.ResetWrittenCount();
            session.Handle(input, output, out _);
        }
    }
}

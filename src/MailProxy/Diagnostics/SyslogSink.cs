using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.Configuration;

namespace MailProxy.Diagnostics;

/// <summary>
/// Syslog over UDP or a unix datagram socket, a packet for each line: <c>&lt;PRI&gt;Mmm dd hh:mm:ss [host ]tag: line</c>.
/// A packet that the system does not take at once is dropped, as datagrams are.
/// </summary>
internal sealed class SyslogSink : LogSink
{
    private readonly Socket _socket;
    private readonly EndPoint _server;
    private readonly SyslogTarget _target;
    private readonly TimeProvider _time;

    public SyslogSink(SyslogTarget target, TimeProvider time)
    {
        _target = target;
        _time = time;
        _server = target.Server;
        _socket = new Socket(_server.AddressFamily, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    }

    public override void Write(byte[] line, ErrorLogLevel level)
    {
        // nginx's numbers of levels are syslog's, one higher.
        var priority = _target.Facility * 8 + (_target.Severity ?? (int)level - 1);
        var now = _time.GetLocalNow();
        var head = string.Create(CultureInfo.InvariantCulture, $"<{priority}>{now:MMM} {now.Day,2} {now:HH\\:mm\\:ss} {_target.HostPart}{_target.Tag}: ");
        byte[] packet = [.. Encoding.ASCII.GetBytes(head), .. line.AsSpan(0, line.Length - 1)];
        try
        {
            _socket.SendTo(packet, _server);
        }
        catch (SocketException)
        {
            // The server is away or busy. A later line finds it again; there is nothing to reconnect.
        }
    }

    public override void Dispose() => _socket.Dispose();
}

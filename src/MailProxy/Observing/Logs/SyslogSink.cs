using System.Globalization;
using System.Net.Sockets;
using MailProxy.Configuration;

namespace MailProxy.Observing.Logs;

/// <summary>
/// Syslog over UDP or a unix datagram socket, a packet for each line: <c>&lt;PRI&gt;Mmm dd hh:mm:ss [host ]tag: line</c>.
/// What the system does not take at once is dropped. That a server is away is said once, until it has been back.
/// </summary>
/// <param name="target">The parts of <paramref name="name"/>.</param>
/// <param name="name">The target as the configuration has it.</param>
/// <param name="time">The clock between two attempts to connect.</param>
internal sealed class SyslogSink(SyslogTarget target, string name, TimeProvider time) : LogSink
{
    // Before the line: priority and time (21 bytes), host (64 at most), tag (32 at most), spaces and colon.
    private const int MaxHead = 128;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Socket? _socket;
    private long? _failedAt;
    private bool _isDisposed;

    public override void Write(ReadOnlySpan<byte> line, ErrorLogLevel level, DateTimeOffset now)
    {
        // nginx's numbers of levels are syslog's, one higher.
        var priority = (target.Facility * 8) + (int)level - 1;
        var packet = new ErrorLogLine(line.Length <= ErrorLogLine.MaxLength ? stackalloc byte[ErrorLogLine.MaxLength + MaxHead] : new byte[line.Length + MaxHead]);
        packet.Append(string.Create(CultureInfo.InvariantCulture, $@"<{priority}>{now:MMM} {now.Day,2} {now:HH\:mm\:ss} {target.HostPart}{target.Tag}: "));
        packet.AppendLine(line);
        string? failure;
        bool isSent;
        lock (_gate) isSent = TrySend(packet.Written, out failure);
        // Without the lock: what is said may come to another syslog server that is away and is said here.
        if (isSent) Losses?.Recovered();
        else Losses?.Lost(1, failure);
    }

    public override void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _socket?.Dispose();
        }
    }

    private bool TrySend(ReadOnlySpan<byte> packet, out string? failure)
    {
        failure = null;
        if (_isDisposed || (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < RetryAfter)) return false;
        try
        {
            _socket ??= Connect();
            _socket.Send(packet);
            _failedAt = null;
            return true;
        }
        catch (SocketException exception)
        {
            if (exception.SocketErrorCode is not (SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)) Disconnect();
            failure = $"send() to \"{name}\" failed ({Describe(exception)}), its lines are dropped";
            return false;
        }
    }

    // .NET tells of a unix socket that is not there by another number.
    private string Describe(SocketException exception) =>
        exception.SocketErrorCode == SocketError.AddressNotAvailable && target.Server is UnixDomainSocketEndPoint ? "2: No such file or directory" : SocketFailure.Describe(exception);

    // Connected, because only then does the system tell that nobody listens.
    private Socket Connect()
    {
        var socket = new Socket(target.Server.AddressFamily, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(target.Server);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Disconnect()
    {
        _socket?.Dispose();
        _socket = null;
        _failedAt = time.GetTimestamp();
    }
}

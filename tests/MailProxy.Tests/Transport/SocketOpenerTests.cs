using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using MailProxy.Transport;
using MailProxy.Transport.Sockets;

namespace MailProxy.Tests.Transport;

public sealed class SocketOpenerTests : IDisposable
{
    private const int SolSocket = 1;
    private const int SoReuseAddr = 2;
    private const int SoReusePort = 15;
    private const int SoProtocol = 38;

    private readonly string _folder = Directory.CreateTempSubdirectory("mp-listen-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("203.0.113.7:25", "bind() to 203.0.113.7:25 failed (99: Cannot assign requested address)", 99)]
    [InlineData("[2001:db8::7]:25", "bind() to [2001:db8::7]:25 failed (99: Cannot assign requested address)", 99)]
    [InlineData("unix:missing/s", "bind() to unix:{0}/missing/s failed (2: No such file or directory)", 2)]
    [InlineData("unix:file/s", "bind() to unix:{0}/file/s failed (20: Not a directory)", 20)]
    [InlineData("unix:file", "bind() to unix:{0}/file failed (98: Address already in use)", 98)]
    public void What_cannot_be_bound_is_named_with_the_systems_error(string address, string message, int errno)
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "keep");
        EndPoint endPoint = address.StartsWith("unix:", StringComparison.Ordinal) ? Unix(address[5..]).EndPoint : IPEndPoint.Parse(address);
        var error = Assert.Throws<ListenException>(() => SocketOpener.Open(new ListenSocket { EndPoint = endPoint }, replaceStale: true));
        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, message, _folder), error.Message);
        Assert.Equal(errno, error.Errno);
        Assert.Equal("keep", File.ReadAllText(Path.Combine(_folder, "file")));
    }

    [Fact]
    public void A_port_that_somebody_listens_on_is_in_use_also_by_reuse()
    {
        using var first = SocketOpener.Open(new ListenSocket { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, replaceStale: true);
        Assert.Equal((1, 0), (Option(first, SoReuseAddr), Option(first, SoReusePort)));
        var error = Assert.Throws<ListenException>(() => SocketOpener.Open(new ListenSocket { EndPoint = first.LocalEndPoint! }, replaceStale: true));
        Assert.Equal(98, error.Errno);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_unix_socket_is_open_to_everybody_and_its_file_goes_with_it()
    {
        var wanted = Unix("s");
        using (SocketOpener.Open(wanted, replaceStale: true))
        {
            Assert.Equal(Convert.ToInt32("666", 8), (int)File.GetUnixFileMode(wanted.EndPoint.ToString()!));
        }

        Assert.False(File.Exists(wanted.EndPoint.ToString()));
    }

    [Fact]
    public void The_file_of_a_unix_socket_that_nobody_listens_on_is_replaced()
    {
        var wanted = Unix("s");
        LeaveStale(wanted);
        using var socket = SocketOpener.Open(wanted, replaceStale: true);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(wanted.EndPoint);
    }

    [Fact]
    public void A_unix_socket_that_somebody_listens_on_is_left_alone()
    {
        var wanted = Unix("s");
        using var first = SocketOpener.Open(wanted, replaceStale: true);
        Assert.Equal(98, Assert.Throws<ListenException>(() => SocketOpener.Open(wanted, replaceStale: true)).Errno);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(wanted.EndPoint);
    }

    [Fact]
    public void A_link_to_a_stale_socket_is_left_alone()
    {
        var target = Unix("target");
        LeaveStale(target);
        var wanted = Unix("link");
        File.CreateSymbolicLink(wanted.EndPoint.ToString()!, target.EndPoint.ToString()!);
        Assert.Equal(98, Assert.Throws<ListenException>(() => SocketOpener.Open(wanted, replaceStale: true)).Errno);
        Assert.NotNull(new FileInfo(wanted.EndPoint.ToString()!).LinkTarget);
    }

    [Fact]
    public void An_ipv6_wildcard_takes_ipv4_where_it_is_told_to()
    {
        using var socket = SocketOpener.Open(new ListenSocket { EndPoint = new IPEndPoint(IPAddress.IPv6Any, 0), Ipv6Only = false }, replaceStale: true);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // Nobody else has an address of the test's own, and so not this port of it.
        client.Connect(OwnAddress.Next(), ((IPEndPoint)socket.LocalEndPoint!).Port);
        using var accepted = socket.Accept();
        Assert.Equal(((IPEndPoint)client.LocalEndPoint!).Port, ((IPEndPoint)accepted.RemoteEndPoint!).Port);
    }

    [Fact]
    public void An_ipv6_wildcard_leaves_ipv4_to_others_where_it_is_told_to()
    {
        using var socket = SocketOpener.Open(new ListenSocket { EndPoint = new IPEndPoint(IPAddress.IPv6Any, 0), Ipv6Only = true }, replaceStale: true);
        var sameByIpv4 = new IPEndPoint(OwnAddress.Next(), ((IPEndPoint)socket.LocalEndPoint!).Port);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => client.Connect(sameByIpv4)).SocketErrorCode);
        using var other = SocketOpener.Open(new ListenSocket { EndPoint = sameByIpv4 }, replaceStale: true);
    }

    [Fact]
    public void The_backlog_is_as_wanted_and_can_change()
    {
        var wanted = new ListenSocket { EndPoint = new IPEndPoint(IPAddress.Loopback, 0), Backlog = 17 };
        var socket = SocketOpener.Open(wanted, replaceStale: true);
        using var listener = new Listener(socket, wanted, TimeProvider.System);
        Assert.Equal(17, Backlog(socket));
        listener.Change(wanted with { Backlog = 31 });
        Assert.Equal((31, 31), (Backlog(socket), listener.Settings.Backlog));
    }

    [Fact]
    public void Keepalive_of_a_unix_socket_has_no_tcp_part()
    {
        using var socket = SocketOpener.Open(Unix("s") with { KeepAlive = true, KeepAliveIdleSeconds = 60, KeepAliveCount = 3 }, replaceStale: true);
        Assert.Equal(1, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
    }

    [Theory]
    [InlineData("127.0.0.1:0")]
    [InlineData("[::1]:0")]
    public async Task Multipath_is_what_the_kernel_has_or_a_clear_error(string address)
    {
        // Where the kernel was built without it, or it is switched off, the error must say so.
        var wanted = new ListenSocket { EndPoint = IPEndPoint.Parse(address), Multipath = true, KeepAlive = true, KeepAliveIdleSeconds = 60, ReceiveBuffer = 16_000 };
        var switchFile = "/proc/sys/net/mptcp/enabled";
        if (!File.Exists(switchFile) || File.ReadAllText(switchFile).Trim() == "0")
        {
            var error = Assert.Throws<ListenException>(() => SocketOpener.Open(wanted, replaceStale: true));
            Assert.StartsWith($"socket() {address} failed (9", error.Message, StringComparison.Ordinal);
            return;
        }

        using var socket = SocketOpener.Open(wanted, replaceStale: true);
        Assert.Equal((262, 1), (Option(socket, SoProtocol), Option(socket, SoReuseAddr)));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        client.Connect(socket.LocalEndPoint!);
        using var accepted = await socket.AcceptAsync().WaitAsync(RelayedSockets.Deadline);
        accepted.NoDelay = true;
        await client.SayAsync("x");
        await accepted.ExpectAsync("x");
    }

    [Fact]
    public void Checking_opens_and_closes_and_tolerates_what_is_in_use()
    {
        using var other = SocketOpener.Open(new ListenSocket { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, replaceStale: true);
        var stale = Unix("stale");
        LeaveStale(stale);
        var free = Unix("free");
        var failures = ListenerSet.Check(
        [
            new ListenSocket { EndPoint = other.LocalEndPoint! }, stale, free,
            new ListenSocket { EndPoint = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 25) }, Unix("missing/s"),
        ]);
        Assert.Equal(["203.0.113.7:25", $"unix:{_folder}/missing/s"], failures.Select(failure => failure.Address));
        Assert.True(File.Exists(stale.EndPoint.ToString()));
        Assert.False(File.Exists(free.EndPoint.ToString()));
    }

    private static int Option(Socket socket, int option)
    {
        var value = new byte[4];
        socket.GetRawSocketOption(SolSocket, option, value);
        return BitConverter.ToInt32(value);
    }

    /// <summary>Of a socket that listens, tcpi_sacked of TCP_INFO is the length of its queue at most.</summary>
    private static int Backlog(Socket socket) => socket.TcpInfo(offset: 28);

    private ListenSocket Unix(string name) => new() { EndPoint = new UnixDomainSocketEndPoint(Path.Combine(_folder, name)) };

    /// <summary>What a process that was killed leaves: the file, and nobody behind it.</summary>
    private static void LeaveStale(ListenSocket wanted)
    {
        var path = wanted.EndPoint.ToString()!;
        var socket = SocketOpener.Open(wanted with { EndPoint = new UnixDomainSocketEndPoint(path + ".tmp") }, replaceStale: true);
        File.Move(path + ".tmp", path);
        socket.Dispose();
    }
}

using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using MailProxy.Transport.Linux.Interop;

namespace MailProxy.Transport.Sockets;

/// <summary>What .NET cannot ask the system.</summary>
internal static class LinuxSockets
{
    private const int SolSocket = 1;
    private const int SoReuseAddr = 2;
    private const int MultipathTcp = 262;
    private const int ProtocolNotSupported = 93;

    private const int OpenFiles = 7;

    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint WantType = 1;
    private const int StatxSize = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int TypeSocket = 0xC000;

    /// <exception cref="SocketException">The kernel has no Multipath TCP, or it is switched off.</exception>
    public static Socket CreateMultipath(AddressFamily family)
    {
        if (!OperatingSystem.IsLinux()) throw new SocketException(ProtocolNotSupported);
        const int streamCloseOnExec = 0x80001;
        var descriptor = OpenSocket(family == AddressFamily.InterNetworkV6 ? 10 : 2, streamCloseOnExec, MultipathTcp);
        if (descriptor < 0) throw new SocketException(Marshal.GetLastPInvokeError());
        var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        // .NET sets it on TCP sockets only, and by its own option together with SO_REUSEPORT.
        socket.SetRawSocketOption(SolSocket, SoReuseAddr, BitConverter.GetBytes(1));
        return socket;
    }

    /// <summary>A bind() without a port then only sets the address; connect() chooses the port, and may choose one that another server's connection has.</summary>
    public static void LeavePortToConnect(Socket socket)
    {
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(Constants.LevelIP, Constants.BindAddressNoPort, BitConverter.GetBytes(1));
    }

    /// <summary>RLIMIT_NOFILE; no limit where it is not known.</summary>
    public static int DescriptorLimit()
    {
        var limits = new ulong[2];
        return OperatingSystem.IsLinux() && GetLimits(OpenFiles, limits) == 0 ? (int)Math.Min(limits[0], int.MaxValue) : int.MaxValue;
    }

    /// <summary>Whether the path is that of a socket, itself and not through a link.</summary>
    public static bool IsSocket(string path)
    {
        if (!OperatingSystem.IsLinux()) return false;
        var status = new byte[StatxSize];
        if (Statx(CurrentDirectory, Encoding.UTF8.GetBytes(path + '\0'), NoFollow, WantType, status) != 0) return false;
        var mode = BitConverter.ToUInt16(status, ModeOffset);
        return (mode & TypeMask) == TypeSocket;
    }

    [DllImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenSocket(int domain, int type, int protocol);

    [DllImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimits(int resource, ulong[] limits);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int directory, byte[] path, int flags, uint mask, byte[] status);
}

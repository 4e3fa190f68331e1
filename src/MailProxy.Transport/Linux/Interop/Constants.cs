namespace MailProxy.Transport.Linux.Interop;

/// <summary>Numbers of the Linux ABI, the same on every architecture that .NET runs on.</summary>
internal static class Constants
{
    public const int EpollCloseOnExec = 0x80000;
    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const int EpollModify = 3;

    public const int EventNonBlock = 0x800;
    public const int EventCloseOnExec = 0x80000;

    public const int FamilyUnix = 1;
    public const int FamilyIPv4 = 2;
    public const int FamilyIPv6 = 10;

    public const int SocketStream = 1;
    public const int SocketNonBlock = 0x800;
    public const int SocketCloseOnExec = 0x80000;
    public const int ProtocolMultipathTcp = 262;

    public const int LevelSocket = 1;
    public const int ReuseAddress = 2;
    public const int SocketError = 4;
    public const int SendBuffer = 7;
    public const int ReceiveBuffer = 8;
    public const int KeepAlive = 9;
    public const int Linger = 13;
    public const int LevelIP = 0;
    public const int BindAddressNoPort = 24;
    public const int LevelTcp = 6;
    public const int TcpNoDelay = 1;
    public const int TcpKeepIdle = 4;
    public const int TcpKeepInterval = 5;
    public const int TcpKeepCount = 6;
    public const int LevelIPv6 = 41;
    public const int IPv6Only = 26;

    public const int MessageNoSignal = 0x4000;
    public const int MessageDontWait = 0x40;
    public const int MessageMore = 0x8000;
    public const int ShutdownWrite = 1;

    public const int SetStatusFlags = 4;
    public const int NonBlocking = 0x800;

    public const int PipeNonBlock = 0x800;
    public const int PipeCloseOnExec = 0x80000;
    public const int SetPipeSize = 1031;
    public const uint SpliceMove = 1;
    public const uint SpliceNonBlock = 2;
}

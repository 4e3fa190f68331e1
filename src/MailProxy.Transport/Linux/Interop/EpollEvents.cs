using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MailProxy.Transport.Linux.Interop;

/// <summary>What happened to a descriptor. A hint only: the next system call on it tells what is true.</summary>
[Flags]
internal enum EpollEvents : uint
{
    None = 0,
    In = 0x001,
    Out = 0x004,
    Error = 0x008,
    HangUp = 0x010,
    PeerShutdown = 0x2000,
    Exclusive = 1u << 28,
    EdgeTriggered = 1u << 31,
}

/// <summary>The kernel's <c>struct epoll_event</c>, which it packs on x86-64 and nowhere else.</summary>
internal static unsafe class EpollEventLayout
{
    public static readonly int Size = IsPacked ? 12 : 16;

    private static bool IsPacked => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static readonly int DataOffset = IsPacked ? 4 : 8;

    public static void Write(byte* target, EpollEvents events, int descriptor)
    {
        Unsafe.WriteUnaligned(target, (uint)events);
        Unsafe.WriteUnaligned(target + DataOffset, (long)descriptor);
    }

    public static EpollEvents EventsAt(byte* events, int index) => (EpollEvents)Unsafe.ReadUnaligned<uint>(events + index * Size);

    public static int DescriptorAt(byte* events, int index) => (int)Unsafe.ReadUnaligned<long>(events + index * Size + DataOffset);
}

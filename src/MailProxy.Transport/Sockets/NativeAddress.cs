using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.Transport.Linux.Interop;

namespace MailProxy.Transport.Sockets;

/// <summary>The kernel's <c>struct sockaddr</c> for the families that we speak.</summary>
internal static class NativeAddress
{
    /// <summary>Room for every one of them.</summary>
    public const int MaxLength = 128;

    private const int IPv4Length = 16;
    private const int IPv6Length = 28;
    private const int UnixPathOffset = 2;
    private const int LongestUnixPath = 107;

    /// <summary>Writes an address.</summary>
    /// <returns>Its length.</returns>
    /// <exception cref="SocketException">It is of a family that we do not speak, or a path that is too long.</exception>
    public static int Write(EndPoint endPoint, Span<byte> target)
    {
        target.Clear();
        if (endPoint is IPEndPoint ip) return WriteIP(ip, target);
        if (endPoint is not UnixDomainSocketEndPoint) throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        BitConverter.TryWriteBytes(target, (ushort)Constants.FamilyUnix);
        var path = Encoding.UTF8.GetBytes(endPoint.ToString()!);
        if (path.Length > LongestUnixPath) throw new SocketException((int)SocketError.InvalidArgument);
        path.CopyTo(target[UnixPathOffset..]);
        return UnixPathOffset + path.Length + 1;
    }

    /// <summary>Reads an address; null for a unix socket without a name.</summary>
    public static EndPoint? Read(ReadOnlySpan<byte> source)
    {
        if (source.Length < UnixPathOffset) return null;
        switch (BitConverter.ToUInt16(source))
        {
            case Constants.FamilyIPv4:
                return new IPEndPoint(new IPAddress(source.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(source[2..]));
            case Constants.FamilyIPv6:
                return new IPEndPoint(new IPAddress(source.Slice(8, 16), BitConverter.ToUInt32(source[24..])), BinaryPrimitives.ReadUInt16BigEndian(source[2..]));
            default:
                var path = source[UnixPathOffset..];
                var end = path.IndexOf((byte)0);
                if (end >= 0) path = path[..end];
                return path.IsEmpty ? null : new UnixDomainSocketEndPoint(Encoding.UTF8.GetString(path));
        }
    }

    public static int Family(EndPoint endPoint) => endPoint.AddressFamily switch
    {
        AddressFamily.InterNetwork => Constants.FamilyIPv4,
        AddressFamily.InterNetworkV6 => Constants.FamilyIPv6,
        _ => Constants.FamilyUnix,
    };

    private static int WriteIP(IPEndPoint endPoint, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)endPoint.Port);
        if (endPoint.AddressFamily == AddressFamily.InterNetwork)
        {
            BitConverter.TryWriteBytes(target, (ushort)Constants.FamilyIPv4);
            endPoint.Address.TryWriteBytes(target[4..], out _);
            return IPv4Length;
        }

        BitConverter.TryWriteBytes(target, (ushort)Constants.FamilyIPv6);
        endPoint.Address.TryWriteBytes(target[8..], out _);
        BitConverter.TryWriteBytes(target[24..], (uint)endPoint.Address.ScopeId);
        return IPv6Length;
    }
}

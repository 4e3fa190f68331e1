using System.Diagnostics;
using System.Runtime.InteropServices;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Linux.Interop;

namespace MailProxy.Transport.OpenSsl;

/// <summary>
/// What stands between OpenSSL and the descriptors of one loop: a single BIO, since only one session is in a call at a
/// time. It reads until the kernel has no more, without asking it twice, and joins the records of a call into one send.
/// </summary>
internal sealed unsafe class LoopBio
{
    private const int RetryFlags = 0x0F;
    private const int WantsRead = 0x09;            // BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY
    private const int ControlEnd = 2;
    private const int ControlFlush = 11;
    private const int TypeSourceSink = 0x0400;

    // So long a call may go on to read. A peer may send records by the thousand that carry nothing.
    private static readonly long Slice = Stopwatch.Frequency / 500;

    private static readonly nint Method = CreateMethod();

    [ThreadStatic]
    private static LoopBio? _ofThread;

    private readonly nint _bio = LibCrypto.NewBio(Method);
    private byte[] _output = GC.AllocateUninitializedArray<byte>(96 * 1024, pinned: true);
    private OpenSslSession? _session;
    private long _firstRead;

    private LoopBio()
    {
    }

    /// <summary>That of the loop that runs on this thread.</summary>
    public static LoopBio OfThread => _ofThread ??= new LoopBio();

    /// <summary>The session whose call this is; callbacks of OpenSSL ask for it. Null where there is none: OpenSSL also calls back while the collector's thread frees what is left.</summary>
    public static OpenSslSession? Current => _ofThread?._session;

    /// <summary>Records that are not sent yet.</summary>
    public int OutputLength { get; private set; }

    /// <summary>What is left before a record might not fit any more.</summary>
    public bool HasRoom => _output.Length - OutputLength > OpenSslSession.MostOfRecord;

    public ReadOnlySpan<byte> Output => _output.AsSpan(0, OutputLength);

    /// <summary>The errno that ended the last call; 0 where none did.</summary>
    public int Failure { get; private set; }

    /// <summary>Whether the last call came to the end of the stream.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether the last call ended before the bytes did.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Gives a session its BIO, which reads and writes.</summary>
    public void GiveTo(nint ssl)
    {
        _ = LibCrypto.KeepBio(_bio);
        LibSsl.SetBio(ssl, _bio, _bio);
    }

    /// <summary>What OpenSSL calls for from now on is this session's.</summary>
    public void Begin(OpenSslSession session)
    {
        _session = session;
        (Failure, HasEnded, OutputLength, _firstRead, IsSpent) = (0, false, 0, 0, false);
        LibCrypto.ClearErrors();
    }

    /// <summary>What OpenSSL calls for from now on is nobody's.</summary>
    public void End() => _session = null;

    /// <summary>What was written is sent, or kept by the session.</summary>
    public void ForgetOutput() => OutputLength = 0;

    private static nint CreateMethod()
    {
        var method = LibCrypto.NewMethod(TypeSourceSink, "mailproxy loop");
        _ = LibCrypto.SetRead(method, &Read);
        _ = LibCrypto.SetWrite(method, &Write);
        _ = LibCrypto.SetControl(method, &Control);
        return method;
    }

    // None may throw: OpenSSL's frames are below.
    [UnmanagedCallersOnly]
    private static int Read(nint bio, byte* buffer, int length)
    {
        try
        {
            return _ofThread!.Read(buffer, length);
        }
        catch (Exception exception)
        {
            return Fail(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static int Write(nint bio, byte* buffer, int length)
    {
        try
        {
            return _ofThread!.Write(new ReadOnlySpan<byte>(buffer, length));
        }
        catch (Exception exception)
        {
            return Fail(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static nint Control(nint bio, int command, nint number, nint pointer) => command switch
    {
        ControlFlush => 1,
        ControlEnd => _ofThread is { HasEnded: true } ? 1 : 0,
        _ => 0,
    };

    /// <summary>The call fails, and with it the session.</summary>
    private static int Fail(Exception exception)
    {
        StrayErrors.Report("a TLS session's input or output", exception);
        if (_ofThread is { } bio) bio.Failure = Errno.InputOutput;
        return -1;
    }

    private int Read(byte* buffer, int length)
    {
        LibCrypto.ClearFlags(_bio, RetryFlags);
        if (_firstRead == 0) _firstRead = Stopwatch.GetTimestamp();
        else IsSpent = IsSpent || Stopwatch.GetTimestamp() - _firstRead > Slice;
        var count = IsSpent ? -1 : _session!.ReadSocket(new Span<byte>(buffer, length));
        if (count > 0) return count;
        if (count == -1) LibCrypto.SetFlags(_bio, WantsRead);
        else if (count == 0) HasEnded = true;
        else Failure = -1 - count;
        return count == 0 ? 0 : -1;
    }

    /// <summary>Puts records behind those that are not sent yet.</summary>
    public int Write(ReadOnlySpan<byte> records)
    {
        LibCrypto.ClearFlags(_bio, RetryFlags);
        if (records.Length > _output.Length - OutputLength)
        {
            // A flight of many certificates.
            var larger = GC.AllocateUninitializedArray<byte>(_output.Length + records.Length, pinned: true);
            Output.CopyTo(larger);
            _output = larger;
        }

        records.CopyTo(_output.AsSpan(OutputLength));
        OutputLength += records.Length;
        return records.Length;
    }
}

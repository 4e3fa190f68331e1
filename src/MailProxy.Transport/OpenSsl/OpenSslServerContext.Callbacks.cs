using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MailProxy.Transport.Guards;

namespace MailProxy.Transport.OpenSsl;

/// <summary>
/// What OpenSSL calls back. It does so in a call of the session that <see cref="LoopBio.Current"/> names, or in none, where the
/// collector's thread frees a context. None may throw: OpenSSL's frames are below.
/// </summary>
internal sealed unsafe partial class OpenSslServerContext
{
    private const int Acknowledge = 0;
    private const int Fatal = 2;
    private const int Ignore = 3;

    private static OpenSslServerContext? OfCall => LoopBio.Current?.Context as OpenSslServerContext;

    [UnmanagedCallersOnly]
    private static int ChooseCertificate(nint ssl, int* alert, nint argument)
    {
        try
        {
            if (Marshal.PtrToStringUTF8(LibSsl.ServerName(ssl, 0)) is not { } name || OfCall?.Find(name) is not { } context) return Ignore;
            _ = LibSsl.SetContext(ssl, context);
            return Acknowledge;
        }
        catch (Exception exception)
        {
            StrayErrors.Report("choosing a certificate", exception);
            return Ignore;
        }
    }

    [UnmanagedCallersOnly]
    private static int ChooseProtocol(nint ssl, byte** chosen, byte* chosenLength, byte* offered, uint length, nint argument)
    {
        try
        {
            for (var at = offered; at < offered + length; at += 1 + *at)
            {
                if (OfCall is not { } context || !new ReadOnlySpan<byte>(at + 1, *at).SequenceEqual(context._protocolId)) continue;
                *chosen = at + 1;
                *chosenLength = *at;
                return Acknowledge;
            }
        }
        catch (Exception exception)
        {
            StrayErrors.Report("choosing a protocol (ALPN)", exception);
        }

        return Fatal;
    }

    // The handshake completes whatever the chain: the verdict is the session's to give.
    [UnmanagedCallersOnly]
    private static int AcceptAny(int isGood, nint store) => 1;

    [UnmanagedCallersOnly]
    private static int UseTicketKey(nint ssl, byte* name, byte* iv, nint cipher, nint mac, int encrypts)
    {
        try
        {
            return OfCall?.Tickets.Key(ssl, name, iv, cipher, mac, encrypts == 1) ?? -1;
        }
        catch (Exception exception)
        {
            StrayErrors.Report("choosing a ticket key", exception);
            return -1;
        }
    }

    /// <summary>
    /// A ticket is being made. In TLS 1.3 each resumption gives a new one, which OpenSSL lets count from now: a client could come
    /// back for ever. It carries the end that the first handshake has set.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int KeepAge(nint ssl, nint argument)
    {
        const int fails = 0;
        const int goesOn = 1;
        const long secondsOfDay = 24 * 60 * 60;
        try
        {
            if (LibSsl.VersionNumber(ssl) != ContextSettings.Tls13) return goesOn;      // the older ones keep the session's time
            var session = LibSsl.CurrentSession(ssl);
            long now = LibSsl.SessionTime(session);
            void* data;
            nuint length;
            var isResumed = LibSsl.TicketData(session, &data, &length) == 1 && length == sizeof(long);
            var end = isResumed ? BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(data, sizeof(long))) : now + LibSsl.SessionTimeout(session);
            var kept = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(kept, sizeof(long)), end);
            if (LibSsl.SetTicketData(session, kept, sizeof(long)) == 0) return fails;
            // A timeout of 0 OpenSSL reads back as 3: what has no time left is of yesterday.
            if (end <= now) _ = LibSsl.SetSessionTime(session, (nint)(now - secondsOfDay));
            _ = LibSsl.SetSessionTimeout(session, (nint)Math.Max(1, end - now));
            return goesOn;
        }
        catch (Exception exception)
        {
            StrayErrors.Report("making a session ticket", exception);
            return fails;
        }
    }

    [UnmanagedCallersOnly]
    private static int StoreSession(nint ssl, nint session)
    {
        try
        {
            if (OfCall?.Sessions is not { } sessions) return 0;
            // OpenSSL tells of these too, though the ticket holds all of it and nobody will ask.
            if (LibSsl.VersionNumber(ssl) == ContextSettings.Tls13 && (LibSsl.Options(ssl) & ContextSettings.NoTicket) == 0) return 0;
            var bytes = new byte[LibSsl.WriteSession(session, null)];
            fixed (byte* start = bytes)
            {
                var end = start;
                _ = LibSsl.WriteSession(session, &end);
            }

            sessions.Add(IdOf(session), bytes);
        }
        catch (Exception exception)
        {
            StrayErrors.Report("storing a TLS session", exception);
        }

        return 0;                                              // it keeps no reference
    }

    [UnmanagedCallersOnly]
    private static nint FindSession(nint ssl, byte* id, int length, int* copy)
    {
        try
        {
            *copy = 0;
            if (OfCall?.Sessions?.Find(new ReadOnlySpan<byte>(id, length)) is not { } bytes) return 0;
            fixed (byte* start = bytes)
            {
                var input = start;
                return LibSsl.ReadSession(null, &input, bytes.Length);
            }
        }
        catch (Exception exception)
        {
            StrayErrors.Report("finding a TLS session", exception);
            return 0;
        }
    }

    /// <summary>A session is over. Where it is so because its context is freed, the store, which outlives contexts, keeps it.</summary>
    [UnmanagedCallersOnly]
    private static void RemoveSession(nint context, nint session)
    {
        try
        {
            OfCall?.Sessions?.Remove(IdOf(session));
        }
        catch (Exception exception)
        {
            StrayErrors.Report("forgetting a TLS session", exception);
        }
    }

    private static ReadOnlySpan<byte> IdOf(nint session)
    {
        uint length;
        return new ReadOnlySpan<byte>(LibSsl.SessionId(session, &length), (int)length);
    }
}

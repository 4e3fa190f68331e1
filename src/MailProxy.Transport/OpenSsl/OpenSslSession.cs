using System.Runtime.InteropServices;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>
/// TLS over a connection's descriptor. It takes and gives clear bytes with the results of <see cref="EpollConnection"/>,
/// and keeps nothing between events but OpenSSL's own state and what the kernel did not take. On the loop only.
/// </summary>
internal sealed unsafe partial class OpenSslSession : TlsSession
{
    /// <summary>What one record may take on the wire, handshake messages beside it (RFC 8446 section 5.2).</summary>
    public const int MostOfRecord = Record + 1024;

    private const int Record = 16 * 1024;
    private const int MostUnsent = 512 * 1024;

    // Records of one read, which may be of one byte each.
    private const int MostRecords = 64;
    private const int WantRead = 2;
    private const int ZeroReturn = 6;
    private const int SentAndReceived = 3;

    private readonly EpollConnection _connection;
    private readonly object _context;
    private nint _ssl;
    private byte[]? _ahead;
    private int _aheadStart;
    private int _aheadEnd;
    private byte[]? _unsent;
    private int _unsentStart;
    private int _unsentEnd;
    private byte[]? _tickets;
    private int _ticketsLength;
    private bool _hasEnded;
    private bool _isBroken;
    private bool _saidGoodbye;

    /// <param name="connection">Over this; on its loop.</param>
    /// <param name="context">Kept alive as long as OpenSSL may ask it something.</param>
    /// <param name="ssl">A new SSL, from now on this session's own.</param>
    /// <param name="target">The server; null where we are it.</param>
    public OpenSslSession(EpollConnection connection, object context, nint ssl, TlsTarget? target)
    {
        (_connection, _context, _ssl, Target) = (connection, context, ssl, target);
        // An end that somebody has read already is announced by no event.
        IsSocketReadable = connection.IsReadable || connection.PeerEnded;
        LoopBio.OfThread.GiveTo(ssl);
    }

    /// <summary>An <see cref="OpenSslServerContext"/> or an <see cref="OpenSslClientContext"/>.</summary>
    public object Context => _context;

    public TlsTarget? Target { get; }

    /// <summary>Whether the handshake is still going on.</summary>
    public bool IsHandshaking { get; private set; } = true;

    /// <summary>Whether a read of the descriptor may find something; set by an event.</summary>
    public bool IsSocketReadable { get; set; }

    /// <summary>Whether the handshake has stopped for others' sake, with bytes to read.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Whether the kernel did not take all that was encrypted.</summary>
    public bool HasUnsent => _unsent is not null;

    /// <summary>Why the session is broken, in OpenSSL's words.</summary>
    public string? Failure { get; private set; }

    /// <summary>Begins with what had been read from the descriptor already.</summary>
    public void ReadAhead(byte[]? block, int start, int end) => (_ahead, _aheadStart, _aheadEnd) = (block, start, end);

    /// <summary>Goes on with the handshake as far as the bytes go.</summary>
    /// <returns>Whether it is done.</returns>
    /// <exception cref="TlsException">It failed.</exception>
    public bool Handshake()
    {
        var bio = LoopBio.OfThread;
        bio.Begin(this);
        var result = LibSsl.Handshake(_ssl);
        var error = result == 1 ? 0 : LibSsl.Error(_ssl, result);
        if (result == 1 && Target is null && LibSsl.VersionNumber(_ssl) == ContextSettings.Tls13) KeepTickets(bio);
        else SendOutput(bio);
        if (result == 1)
        {
            IsHandshaking = false;
            _connection.IsReadable = IsSocketReadable || LibSsl.HasPending(_ssl) != 0 || _aheadStart < _aheadEnd;
            return true;
        }

        HasMore = error == WantRead && bio.IsSpent;
        if (error == WantRead) return false;
        _isBroken = true;
        throw bio.HasEnded ? ClosedInHandshake()
            : bio.Failure != 0 ? new TlsException(TlsFailure.Closed, $"peer closed connection in SSL handshake ({bio.Failure}: {Marshal.GetPInvokeErrorMessage(bio.Failure)})")
            : new TlsException(TlsFailure.Handshake, $"SSL_do_handshake() failed{OpenSslError.Take()}");
    }

    public static TlsException ClosedInHandshake() => new(TlsFailure.Closed, "peer closed connection in SSL handshake");

    /// <summary>Reads clear bytes; as <see cref="EpollConnection.Receive"/>, but of several records where they are there.</summary>
    public int Receive(Span<byte> buffer)
    {
        if (_hasEnded) return 0;
        if (_isBroken) return -1 - Errno.Protocol;
        var bio = LoopBio.OfThread;
        bio.Begin(this);
        var (total, error) = (0, 0);
        fixed (byte* start = buffer)
        {
            for (var records = 0; total < buffer.Length && records < MostRecords; records++)
            {
                var count = LibSsl.Read(_ssl, start + total, buffer.Length - total);
                if (count <= 0)
                {
                    error = LibSsl.Error(_ssl, count);
                    break;
                }

                total += count;
                // Spares the call that would only say that there is no more.
                if (!IsSocketReadable && LibSsl.HasPending(_ssl) == 0)
                {
                    error = WantRead;
                    break;
                }
            }
        }

        if (bio.OutputLength > 0) SendOutput(bio);            // an alert, or an answer to a key update
        if (error is not (0 or WantRead)) End(error, bio, "SSL_read()");
        _connection.IsReadable = error != WantRead || bio.IsSpent;
        if (total > 0) return total;
        return error == WantRead ? -1 : _hasEnded ? 0 : -1 - (bio.Failure == 0 ? Errno.Protocol : bio.Failure);
    }

    /// <summary>Encrypts and sends; as <see cref="EpollConnection.Send"/>. What is taken is sent, or kept here until the kernel has room, and then nothing more is taken. With the last bytes goes our goodbye.</summary>
    public int Send(ReadOnlySpan<byte> buffer, bool isLast)
    {
        if (_isBroken) return -1 - Errno.BrokenPipe;
        if (HasUnsent && !SendUnsent()) return _isBroken ? -1 - Errno.BrokenPipe : 0;
        var bio = LoopBio.OfThread;
        bio.Begin(this);
        WriteTickets(bio);
        var taken = 0;
        fixed (byte* start = buffer)
        {
            while (taken < buffer.Length && !HasUnsent && !_isBroken)
            {
                var count = LibSsl.Write(_ssl, start + taken, Math.Min(Record, buffer.Length - taken));
                if (count <= 0)
                {
                    End(LibSsl.Error(_ssl, count), bio, "SSL_write()");
                    break;
                }

                taken += count;
                if (!bio.HasRoom) SendOutput(bio);
            }
        }

        if (isLast && taken == buffer.Length && !_isBroken) WriteGoodbye();
        SendOutput(bio, isLast);
        return _isBroken ? -1 - Errno.BrokenPipe : taken;
    }

    /// <summary>Throws away what the kernel did not take: the peer can make nothing of what would come behind it.</summary>
    public void DropUnsent()
    {
        if (!HasUnsent) return;
        _isBroken = true;
        ForgetUnsent();
    }

    /// <summary>Sends what the kernel did not take before.</summary>
    /// <returns>Whether nothing is left.</returns>
    public bool SendUnsent()
    {
        var sent = _connection.SendRaw(_unsent.AsSpan(_unsentStart, _unsentEnd - _unsentStart));
        if (sent < 0) _isBroken = true;
        else _unsentStart += sent;
        if (!_isBroken && _unsentStart < _unsentEnd) return false;
        ForgetUnsent();
        return !_isBroken;
    }

    /// <summary>Says that we send no more (close_notify).</summary>
    public void SayGoodbye()
    {
        if (_ssl == 0 || _isBroken || IsHandshaking || _saidGoodbye) return;
        var bio = LoopBio.OfThread;
        bio.Begin(this);
        WriteTickets(bio);
        WriteGoodbye();
        SendOutput(bio);
    }

    /// <summary>Gives OpenSSL's memory back; what the facts tell stays. The session may be resumed, however the connection ended.</summary>
    public void Free()
    {
        if (_ssl == 0) return;
        KeepFacts();
        LibSsl.SetShutdown(_ssl, SentAndReceived);
        LoopBio.OfThread.End();
        LibSsl.Free(_ssl);
        _ssl = 0;
        (_hasEnded, _isBroken) = (true, true);
        ForgetUnsent();
        ForgetAhead();
        ForgetTickets();
    }

    /// <summary>For the BIO: bytes of the descriptor, or those that were read before the handshake began. Results as of <see cref="EpollConnection.Receive"/>.</summary>
    public int ReadSocket(Span<byte> buffer)
    {
        if (_ahead is not null)
        {
            var count = Math.Min(buffer.Length, _aheadEnd - _aheadStart);
            _ahead.AsSpan(_aheadStart, count).CopyTo(buffer);
            _aheadStart += count;
            if (_aheadStart == _aheadEnd) ForgetAhead();
            return count;
        }

        if (!IsSocketReadable) return -1;
        var received = _connection.ReceiveRaw(buffer, out var mayBeMore);
        IsSocketReadable = mayBeMore;
        return received;
    }

    /// <summary>After a TLS 1.3 handshake the server owes the client nothing but tickets, which no client waits for: they go with the greeting.</summary>
    private void KeepTickets(LoopBio bio)
    {
        if (bio.OutputLength == 0) return;
        _tickets = _connection.Loop.Blocks.Rent(bio.OutputLength);
        _ticketsLength = bio.OutputLength;
        bio.Output.CopyTo(_tickets);
        bio.ForgetOutput();
    }

    private void WriteTickets(LoopBio bio)
    {
        if (_tickets is null) return;
        bio.Write(_tickets.AsSpan(0, _ticketsLength));
        ForgetTickets();
    }

    private void ForgetTickets()
    {
        if (_tickets is not null) _connection.Loop.Blocks.Return(_tickets);
        _tickets = null;
    }

    private void WriteGoodbye()
    {
        _saidGoodbye = true;
        _ = LibSsl.Shutdown(_ssl);
    }

    private void SendOutput(LoopBio bio, bool isLast = false)
    {
        if (bio.OutputLength == 0) return;
        var output = bio.Output;
        var sent = _isBroken && !IsHandshaking ? output.Length : HasUnsent ? 0 : _connection.SendRaw(output, isLast);
        if (sent < 0) _isBroken = true;
        else if (sent < output.Length) KeepUnsent(output[sent..]);
        bio.ForgetOutput();
    }

    private void KeepUnsent(ReadOnlySpan<byte> rest)
    {
        var kept = _unsentEnd - _unsentStart;
        if (kept + rest.Length > MostUnsent)
        {
            _isBroken = true;              // a peer that asks for answers (key updates) and takes none
            return;
        }

        var block = _connection.Loop.Blocks.Rent(kept + rest.Length);
        if (_unsent is not null) _unsent.AsSpan(_unsentStart, kept).CopyTo(block);
        rest.CopyTo(block.AsSpan(kept));
        ForgetUnsent();
        (_unsent, _unsentStart, _unsentEnd) = (block, 0, kept + rest.Length);
    }

    private void ForgetUnsent()
    {
        if (_unsent is not null) _connection.Loop.Blocks.Return(_unsent);
        (_unsent, _unsentStart, _unsentEnd) = (null, 0, 0);
    }

    private void ForgetAhead()
    {
        if (_ahead is not null) _connection.Loop.Blocks.Return(_ahead);
        (_ahead, _aheadStart, _aheadEnd) = (null, 0, 0);
    }

    private void End(int error, LoopBio bio, string call)
    {
        if (error == ZeroReturn || bio.HasEnded)
        {
            _hasEnded = true;
            return;
        }

        _isBroken = true;
        if (bio.Failure == 0) Failure = call + " failed" + OpenSslError.Take();
    }
}

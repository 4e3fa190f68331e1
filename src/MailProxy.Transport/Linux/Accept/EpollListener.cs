using System.Net.Sockets;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Sockets;

namespace MailProxy.Transport.Linux.Accept;

/// <summary>One listening socket on one loop. All loops wait for the same socket; the kernel wakes one of them.</summary>
internal sealed unsafe class EpollListener(Listener listener, ParkedConnections parked, DescriptorReserve descriptors, Action<ListenException> failed)
    : LoopTimer, IDescriptorHandler
{
    // As nginx without multi_accept would be one; the rest is told again, since the socket is level-triggered.
    private const int AcceptsOfATurn = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly EventLoop _loop = parked.Loop;
    private readonly int _descriptor = listener.Descriptor;
    private bool _isFailing;
    private bool _isRegistered;
    private bool _isClosed;

    /// <summary>Begins to accept. From any thread.</summary>
    public void Start() => _loop.Post(static self => ((EpollListener)self!).StartOnLoop(), this);

    /// <summary>Stops accepting; the socket is its owner's to close. Waits until the loop has done it.</summary>
    public void Stop()
    {
        if (_loop.IsCurrent)
        {
            StopOnLoop(null);
            return;
        }

        using var done = new ManualResetEventSlim();
        _loop.Post(StopOnLoop, done);
        // A loop that has ended runs nothing, and has forgotten the socket.
        WaitHandle.WaitAny([done.WaitHandle, _loop.Over]);
    }

    public void OnEvents(EpollEvents events)
    {
        for (var i = 0; i < AcceptsOfATurn && _isRegistered; i++)
        {
            if (i > 0 && _loop.IsBusy) return;
            if (parked.IsEmpty) Unregister();       // until one is there; clients wait in the kernel meanwhile
            else if (!AcceptOne()) return;
        }
    }

    /// <summary>It accepts again after a pause.</summary>
    public override void OnFault(Exception exception)
    {
        if (_isClosed) return;
        _loop.Timers.Set(this, Pause);
        Unregister();
    }

    /// <summary>The pause after a failure is over.</summary>
    public override void Fire()
    {
        if (descriptors.IsLow()) _loop.Timers.Set(this, Pause);
        else Register();
    }

    private bool AcceptOne()
    {
        var address = stackalloc byte[NativeAddress.MaxLength];
        var length = NativeAddress.MaxLength;
        var accepted = LibC.Accept(_descriptor, address, &length, Constants.SocketNonBlock | Constants.SocketCloseOnExec);
        if (accepted >= 0)
        {
            var isLow = descriptors.IsLow(accepted);
            if (isLow) Rest("accept()", Errno.TooManyFiles);
            var connection = parked.Take();
            if (!TryAttach(connection, accepted, new ReadOnlySpan<byte>(address, length))) return !isLow;
            if (!isLow) _isFailing = false;
            connection.Enter(hasClient: true);
            return !isLow;
        }

        var errno = Errno.Last;
        if (errno is Errno.TryAgain) return false;
        if (errno is Errno.Interrupted or Errno.ConnectionAborted) return true;
        Rest("accept()", errno);
        return false;
    }

    /// <returns>False where the loop cannot take the client, which is closed: the next one may fare better.</returns>
    private bool TryAttach(EpollConnection connection, int accepted, ReadOnlySpan<byte> remote)
    {
        try
        {
            connection.Accepted(accepted, listener, NativeAddress.Read(remote));
            return true;
        }
        catch (Exception exception)
        {
            _ = LibC.Close(accepted);
            connection.Enter(hasClient: false);
            if (exception is not IOException { InnerException: SocketException error }) throw;
            Tell("epoll_ctl()", error.NativeErrorCode);
            return false;
        }
    }

    /// <summary>Accepts nothing for a while.</summary>
    private void Rest(string call, int errno)
    {
        Tell(call, errno);
        Unregister();
        _loop.Timers.Set(this, Pause);
    }

    /// <summary>That it fails is told once until it succeeds again.</summary>
    private void Tell(string call, int errno)
    {
        if (!_isFailing) failed(new ListenException(call, listener.Settings.Address, errno));
        _isFailing = true;
    }

    private void StartOnLoop()
    {
        // .NET leaves a socket whose descriptor it has shown in blocking mode.
        _ = LibC.Control(_descriptor, Constants.SetStatusFlags, Constants.NonBlocking);
        parked.Available += Register;
        Register();
    }

    private void StopOnLoop(object? done)
    {
        _isClosed = true;
        parked.Available -= Register;
        _loop.Timers.Clear(this);
        Unregister();
        ((ManualResetEventSlim?)done)?.Set();
    }

    private void Register()
    {
        if (_isRegistered || _isClosed || Slot >= 0) return;
        try
        {
            _loop.Add(_descriptor, this, EpollEvents.In | EpollEvents.Exclusive);
            _isRegistered = true;
        }
        catch (IOException exception) when (exception.InnerException is SocketException error)
        {
            Rest("epoll_ctl()", error.NativeErrorCode);
        }
    }

    private void Unregister()
    {
        if (!_isRegistered) return;
        _isRegistered = false;
        _loop.Remove(_descriptor);
    }
}

using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Managed;

namespace MailProxy.Transport.Linux;

/// <summary>One listening socket on one _loop. All loops wait for the same socket; the kernel wakes one of them.</summary>
internal sealed unsafe class EpollListener(int descriptor, Listener listener, ParkedConnections parked, Action<ListenException> failed)
    : LoopTimer, IDescriptorHandler
{
    // As nginx without multi_accept would be one; the rest is told again, since the socket is level-triggered.
    private const int AcceptsOfATurn = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly EventLoop _loop = parked.Loop;
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
        done.Wait();
    }

    public void OnEvents(EpollEvents events)
    {
        for (var i = 0; i < AcceptsOfATurn && !_isClosed; i++)
        {
            if (parked.IsEmpty)
            {
                Unregister();                       // until one is there; clients wait in the kernel meanwhile
                return;
            }

            if (!AcceptOne()) return;
        }
    }

    /// <summary>The pause after a failure is over.</summary>
    public override void Fire() => Register();

    private bool AcceptOne()
    {
        var address = stackalloc byte[SocketAddress.MaxLength];
        var length = SocketAddress.MaxLength;
        var accepted = LibC.Accept(descriptor, address, &length, Constants.SocketNonBlock | Constants.SocketCloseOnExec);
        if (accepted >= 0)
        {
            _isFailing = false;
            var connection = parked.Take();
            connection.Accepted(accepted, listener.Settings, SocketAddress.Read(new ReadOnlySpan<byte>(address, length)));
            connection.Enter(hasClient: true);
            return true;
        }

        var errno = Errno.Last;
        if (errno is Errno.TryAgain) return false;
        if (errno is Errno.Interrupted or Errno.ConnectionAborted) return true;
        if (!_isFailing) failed(new ListenException("accept()", listener.Settings.Address, errno));
        _isFailing = true;
        Unregister();
        _loop.Timers.Set(this, Pause);
        return false;
    }

    private void StartOnLoop()
    {
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
        _isRegistered = true;
        _loop.Add(descriptor, this, EpollEvents.In | EpollEvents.Exclusive);
    }

    private void Unregister()
    {
        if (!_isRegistered) return;
        _isRegistered = false;
        _loop.Remove(descriptor);
    }
}

using System.Net.Sockets;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>How a short session ends. Who closes in order has read all that the other one sent.</summary>
internal enum ShortEnd
{
    ClientCloses,
    UpstreamCloses,
    ClientEndsItsSide,
    UpstreamEndsItsSide,
    ClientResets,
    UpstreamResets,
    BothReset,
    ClientClosesWithBytesUnread,
    ClientResetsAtOnce,
}

/// <summary>A session of a few bytes, whose both ends one thread speaks for.</summary>
internal sealed class ShortSession(Socket client, int number, Random random)
{
    private readonly Flow _up = new(2 * number);
    private readonly Flow _down = new(2 * number + 1);
    private Socket _upstream = null!;

    public ShortEnd End { get; } = (ShortEnd)random.Next(Enum.GetValues<ShortEnd>().Length);

    /// <summary>The first byte says at the other end whose session it is.</summary>
    public void Begin(byte place)
    {
        if (End == ShortEnd.ClientResetsAtOnce) client.Reset();
        else client.Send([place]);
    }

    public void Join(Socket upstream) => _upstream = upstream;

    /// <summary>Some bytes each way, some of them read.</summary>
    public void Talk()
    {
        for (var rounds = random.Next(3); rounds > 0; rounds--)
        {
            _up.Send(client, random.Next(2000));
            _down.Send(_upstream, random.Next(2000));
            if (random.Next(2) == 0) _up.ReceiveAll(_upstream);
            if (random.Next(2) == 0) _down.ReceiveAll(client);
        }
    }

    /// <summary>The first step of its end.</summary>
    public void BeginEnd()
    {
        switch (End)
        {
            case ShortEnd.ClientCloses:
                _down.ReceiveAll(client);
                client.Dispose();
                break;
            case ShortEnd.UpstreamCloses:
                _up.ReceiveAll(_upstream);
                _upstream.Dispose();
                break;
            case ShortEnd.ClientEndsItsSide:
                client.Shutdown(SocketShutdown.Send);
                break;
            case ShortEnd.UpstreamEndsItsSide:
                _upstream.Shutdown(SocketShutdown.Send);
                break;
            case ShortEnd.ClientResets:
                client.Reset();
                break;
            case ShortEnd.UpstreamResets:
                _upstream.Reset();
                break;
            case ShortEnd.BothReset:
                client.Reset();
                _upstream.Reset();
                break;
            case ShortEnd.ClientClosesWithBytesUnread:
                _down.Send(_upstream, 1 + random.Next(2000));
                client.Dispose();
                break;
        }
    }

    /// <summary>What the other side must see of it.</summary>
    public void Finish()
    {
        switch (End)
        {
            case ShortEnd.ClientCloses:
                _up.ReceiveToEnd(_upstream);
                break;
            case ShortEnd.UpstreamCloses:
                _down.ReceiveToEnd(client);
                break;
            case ShortEnd.ClientEndsItsSide:
                _up.ReceiveToEnd(_upstream);
                _down.Send(_upstream, random.Next(2000));
                _upstream.Dispose();
                _down.ReceiveToEnd(client);
                break;
            case ShortEnd.UpstreamEndsItsSide:
                _down.ReceiveToEnd(client);
                _up.ReceiveUntilBroken(_upstream);
                break;
            case ShortEnd.ClientResets or ShortEnd.ClientClosesWithBytesUnread:
                _up.ReceiveUntilBroken(_upstream);
                break;
            case ShortEnd.UpstreamResets:
                _down.ReceiveUntilBroken(client);
                break;
        }

        client.Dispose();
        _upstream.Dispose();
    }

    /// <summary>One direction's stream and how far both ends are with it.</summary>
    private sealed class Flow(int stream)
    {
        private readonly byte[] _buffer = new byte[4096];
        private long _sent;
        private long _received;

        public void Send(Socket socket, int count)
        {
            Assert.Equal(count, socket.Send(Pattern.At(stream, _sent, count).Span));
            _sent += count;
        }

        public void ReceiveAll(Socket socket)
        {
            while (_received < _sent) Assert.True(Receive(socket) > 0, $"{_sent - _received} of {_sent} bytes are lost");
        }

        public void ReceiveToEnd(Socket socket)
        {
            ReceiveAll(socket);
            Assert.Equal(0, Receive(socket));
        }

        /// <summary>What there is of it: after a reset bytes may be missing at the end, and nowhere else.</summary>
        public void ReceiveUntilBroken(Socket socket)
        {
            try
            {
                while (Receive(socket) > 0)
                {
                }
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
            {
                // The other side's reset, passed on.
            }

            Assert.InRange(_received, 0, _sent);
        }

        private int Receive(Socket socket)
        {
            var count = socket.Receive(_buffer);
            Pattern.Verify(stream, _received, _buffer.AsSpan(0, count));
            _received += count;
            return count;
        }
    }
}

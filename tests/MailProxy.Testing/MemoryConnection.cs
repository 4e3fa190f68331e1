using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Testing;

/// <summary>Two ends of a connection in memory. Reading continues inside the write that made it possible, so that a test written byte by byte is handled byte by byte.</summary>
internal sealed class MemoryConnection
{
    public MemoryConnection()
    {
        var options = new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);
        var toProxy = new Pipe(options);
        var fromProxy = new Pipe(options);
        Proxy = new ProxyEnd(new Duplex(toProxy.Reader, fromProxy.Writer), new Duplex(fromProxy.Reader, toProxy.Writer));
        Peer = Proxy.Application!;
    }

    /// <summary>The end that the proxy holds.</summary>
    public DefaultConnectionContext Proxy { get; }

    /// <summary>Whether the proxy has closed its end.</summary>
    public bool IsClosed => ((ProxyEnd)Proxy).IsClosed;

    /// <summary>The client's, or the upstream's, end.</summary>
    public IDuplexPipe Peer { get; }

    /// <summary>Closes as a socket does: the peer reads the end.</summary>
    private sealed class ProxyEnd(IDuplexPipe transport, IDuplexPipe application) : DefaultConnectionContext("memory", transport, application)
    {
        public bool IsClosed { get; private set; }

        /// <summary>What a transcript sees of it is the close that follows.</summary>
        public override void Abort(ConnectionAbortedException abortReason)
        {
        }

        public override async ValueTask DisposeAsync()
        {
            IsClosed = true;
            await Transport.Output.CompleteAsync();
            await Transport.Input.CompleteAsync();
            await base.DisposeAsync();
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

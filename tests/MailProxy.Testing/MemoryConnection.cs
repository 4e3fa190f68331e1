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
        Proxy = new DefaultConnectionContext("memory", new Duplex(toProxy.Reader, fromProxy.Writer), new Duplex(fromProxy.Reader, toProxy.Writer));
        Peer = Proxy.Application!;
    }

    /// <summary>The end that the proxy holds.</summary>
    public DefaultConnectionContext Proxy { get; }

    /// <summary>The client's, or the upstream's, end.</summary>
    public IDuplexPipe Peer { get; }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

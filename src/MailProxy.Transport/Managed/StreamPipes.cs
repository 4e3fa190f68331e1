using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Managed;

/// <summary>Pipes directly over a stream: no buffer while it waits for bytes. What was written but never flushed is not sent.</summary>
internal sealed class StreamPipes(Stream stream) : IDuplexPipe
{
    private const int BufferSize = 16 * 1024;

    public PipeReader Input { get; } = new YieldingReader(PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferSize, minimumReadSize: 4096, leaveOpen: true, useZeroByteReads: true)));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 4096, leaveOpen: true));

    /// <summary>Gives a connection's pipes their memory back; an exception keeps the writer from sending what nobody flushed.</summary>
    public static void Release(IDuplexPipe pipes)
    {
        pipes.Input.Complete();
        pipes.Output.Complete(new ConnectionAbortedException());
    }
}

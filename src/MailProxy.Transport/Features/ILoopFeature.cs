namespace MailProxy.Transport.Features;

/// <summary>Set on connections whose reads and writes run on an event loop.</summary>
internal interface ILoopFeature
{
    /// <summary>What follows runs on the connection's loop: to be awaited after whatever may have completed on another thread (DNS, files, a cancellation).</summary>
    ValueTask ReturnAsync();
}

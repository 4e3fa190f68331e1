namespace MailProxy.Configuration;

/// <summary>Values of <c>transport</c>.</summary>
internal enum TransportKind
{
    /// <summary><c>managed</c>: Kestrel's sockets and the thread pool; runs everywhere.</summary>
    Managed,

    /// <summary><c>linux</c>: one epoll loop for each of <c>worker_processes</c>, sessions inline on it.</summary>
    Linux,
}

using MailProxy.Configuration;

namespace MailProxy.Hosting;

/// <summary>What a reload changes outside the proxy, all or nothing with it.</summary>
internal interface IProcessChange
{
    /// <summary>Makes what the configuration asks for, beside what is there.</summary>
    /// <exception cref="IOException">It cannot be had; the message is nginx's. Nothing has changed.</exception>
    void Prepare(MailProxyOptions options);

    /// <summary>The configuration is in force: what the one before had goes away. Does not throw.</summary>
    void Complete();

    /// <summary>It is not: what was prepared goes away again. Does not throw.</summary>
    void Undo();
}

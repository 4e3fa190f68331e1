namespace MailProxy.Transport.Features;

/// <summary>Of a connection whose reader, asked without waiting, tells only of what it has taken from the socket already.</summary>
internal interface IUnreadInputFeature
{
    /// <summary>Whether bytes, the end or a failure wait in the socket.</summary>
    bool HasUnreadInput { get; }
}

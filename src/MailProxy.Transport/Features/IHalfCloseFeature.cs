namespace MailProxy.Transport.Features;

/// <summary>Ends the sending direction of a connection and keeps the receiving one. Set on upstream connections.</summary>
internal interface IHalfCloseFeature
{
    /// <summary>Sends FIN once everything written so far is sent. Does nothing where the peer is gone.</summary>
    void ShutdownSend();
}

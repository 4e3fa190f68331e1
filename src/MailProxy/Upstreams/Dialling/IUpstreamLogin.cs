namespace MailProxy.Upstreams.Dialling;

/// <summary>The login at an upstream: from its greeting to the moment when the relay may begin.</summary>
internal interface IUpstreamLogin
{
    /// <summary>Holds the dialogue.</summary>
    /// <returns>What the client is told.</returns>
    /// <exception cref="UpstreamException">The upstream refused, broke off, or a value may not be sent to it.</exception>
    /// <exception cref="OperationCanceledException">The time budget of the login is used up, or the session is stopped.</exception>
    ValueTask<byte[]> LoginAsync(UpstreamDialogue upstream, CancellationToken cancellationToken);
}

namespace MailProxy.Transport.Features;

/// <summary>
/// Set on connections that are handed to Kestrel before their client has come, so that no thread is woken for a client:
/// the first thing that a pipeline does is to wait for it here. What follows runs where the connection's events run.
/// </summary>
internal interface IConnectionEntryFeature
{
    /// <summary>Waits until a client is there.</summary>
    /// <returns>False when none will come any more.</returns>
    ValueTask<bool> EnterAsync();
}

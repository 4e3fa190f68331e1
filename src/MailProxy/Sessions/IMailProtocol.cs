namespace MailProxy.Sessions;

/// <summary>A mail protocol as one object. A new protocol is a folder below <c>Protocols</c> with one of these, registered once.</summary>
internal interface IMailProtocol
{
    /// <summary>The value of the directive <c>protocol</c>, of <c>Auth-Protocol</c> and of the metric label.</summary>
    string Name { get; }

    /// <summary>The commands of one client before login.</summary>
    ProtocolSession CreateSession(SessionContext context);
}

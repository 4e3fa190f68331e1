using MailProxy.Authentication;
using MailProxy.Observing;

namespace MailProxy.Sessions;

/// <summary>What the session does after a protocol has looked at the input. Replies are already written by then.</summary>
internal readonly struct SessionStep
{
    private SessionStep(SessionStepKind kind, Credentials? credentials = null, SessionEndReason reason = default)
    {
        Kind = kind;
        Credentials = credentials;
        Reason = reason;
    }

    /// <summary>The command is not complete yet.</summary>
    public static SessionStep NeedInput => new(SessionStepKind.NeedInput);

    /// <summary>Answered; on to the next command.</summary>
    public static SessionStep Next => new(SessionStepKind.Next);

    /// <summary>Answered as invalid, and counted towards <c>max_errors</c>.</summary>
    public static SessionStep Error => new(SessionStepKind.Error);

    /// <summary>The go-ahead for STARTTLS is written: the client's next bytes are its handshake.</summary>
    public static SessionStep StartTls => new(SessionStepKind.StartTls);

    public SessionStepKind Kind { get; }

    /// <summary>With <see cref="SessionStepKind.Authenticate"/> only.</summary>
    public Credentials? Credentials { get; }

    /// <summary>With <see cref="SessionStepKind.Close"/> only.</summary>
    public SessionEndReason Reason { get; }

    public static SessionStep Close(SessionEndReason reason) => new(SessionStepKind.Close, reason: reason);

    public static SessionStep Authenticate(Credentials credentials) => new(SessionStepKind.Authenticate, credentials);
}

/// <summary>The cases of <see cref="SessionStep"/>.</summary>
internal enum SessionStepKind
{
    NeedInput,
    Next,
    Error,
    Close,
    Authenticate,
    StartTls,
}

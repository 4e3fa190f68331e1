namespace MailProxy.Upstreams.Dialling;

/// <summary>Why a login at an upstream failed.</summary>
internal enum UpstreamError
{
    /// <summary>The upstream does not let this login in.</summary>
    Refused,

    /// <summary>The upstream says that it cannot take the login now, which tells nothing of login and password.</summary>
    Unavailable,

    /// <summary>An answer that the dialogue does not allow.</summary>
    Unexpected,

    /// <summary>The upstream says that it takes no password here, so it was not sent one.</summary>
    LoginNotOffered,

    /// <summary>The upstream closed the connection.</summary>
    Closed,

    /// <summary>A reply did not fit <c>proxy_buffer</c>.</summary>
    ReplyTooLong,

    /// <summary>No password is known that the upstream could be given.</summary>
    NoPassword,

    /// <summary>A login or password holds CR, LF or NUL, which would end the command early.</summary>
    UnsafeCredentials,

    /// <summary>STARTTLS was not agreed to: <see cref="UpstreamException.Reply"/> holds the answer.</summary>
    StarttlsRefused,

    /// <summary>Clear bytes came with, or behind, the answer to STARTTLS.</summary>
    StarttlsInjection,

    /// <summary>No server of the group can be used, or none is left that has not failed this login.</summary>
    NoneLeft,

    /// <summary>No group, and no address, has the name that the login was sent to.</summary>
    UnknownGroup,
}

/// <summary>The upstream's part of a login failed. Its message carries none of the peer's bytes.</summary>
internal sealed class UpstreamException(UpstreamError error, byte[]? reply = null) : Exception($"Upstream login failed: {error}.")
{
    public UpstreamError Error { get; } = error;

    /// <summary>The reply that decided; empty where there is none.</summary>
    public byte[] Reply { get; } = reply ?? [];

    /// <summary>Whether <see cref="Reply"/> answers what the client has asked, in a form in which the client may have it: never what the upstream says to a command of ours.</summary>
    public bool IsAnswer { get; init; }

    /// <summary>With <see cref="UpstreamError.LoginNotOffered"/>: what the upstream ought to offer, and what may help.</summary>
    public string Missing { get; init; } = "";

    /// <summary>How much of <see cref="Reply"/> is left out of the log line, because nginx leaves the IMAP tag out.</summary>
    public int LoggedFrom { get; init; }
}

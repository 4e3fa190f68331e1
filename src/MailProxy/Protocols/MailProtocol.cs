using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Protocols;

/// <summary>What every feature may know of a mail protocol: they ask the protocol that a session or server has, never which it is. The rest of it is for sessions.</summary>
internal abstract class MailProtocol
{
    /// <summary>The value of the directive <c>protocol</c>, of <c>Auth-Protocol</c> and of the metric label.</summary>
    public abstract string Name { get; }

    /// <summary>Its well-known ports, those of TLS included: they tell the protocol of a server that does not name it. The first is where its servers are unless something else is said.</summary>
    public abstract IReadOnlyList<int> Ports { get; }

    /// <summary>Its directives.</summary>
    public abstract IReadOnlyList<OptionSection> Options { get; }

    /// <summary>The words of the directive that lists how clients may authenticate: its name and <c>_auth</c>.</summary>
    public abstract IList<string> MechanismsOf(ServerOptions server);

    /// <summary>Whether nobody gets in at its servers but with a password that we know. Default true.</summary>
    public virtual bool UpstreamNeedsPassword => true;

    /// <summary>The key of the option that, off, keeps passwords from its servers; null where there is none.</summary>
    public virtual string? UpstreamLoginSwitch => null;

    /// <summary>Whether clients may go on without authentication (<c>none</c>). Default false.</summary>
    public virtual bool AllowsNone => false;

    /// <summary>Whether a refusal needs a reply code of its own (<c>Auth-Error-Code</c>). Default false.</summary>
    public virtual bool RefusesWithCode => false;

    /// <summary>What the text of a refusal begins with, so that a client knows that the password is to blame. Default nothing.</summary>
    public virtual string WrongPasswordCode => "";

    /// <summary>The same where it is not.</summary>
    public virtual string UnavailableCode => "";

    public sealed override string ToString() => Name;
}

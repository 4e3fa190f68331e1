using System.Text;
using MailProxy.Authentication;
using MailProxy.Wire;
using MailProxy.Wire.Sasl;

namespace MailProxy.Sessions;

/// <summary>The challenges and responses of one client, shared by the three protocols; what differs is the prefix of a prompt.</summary>
internal sealed class SaslExchange(SessionContext context, byte[] promptPrefix, IList<string> enabledMethods)
{
    private State _state;
    private byte[] _login = [];

    private enum State
    {
        Idle,
        Plain,
        LoginUser,
        LoginPassword,
        CramMd5,
        External,
    }

    /// <summary>Whether the next line is a response and not a command.</summary>
    public bool IsActive => _state != State.Idle;

    /// <summary>Forgets the exchange.</summary>
    public void Abandon()
    {
        _state = State.Idle;
        _login = [];
    }

    /// <param name="mechanism">The first argument of AUTH or AUTHENTICATE.</param>
    /// <param name="initial">The second one: an initial response.</param>
    /// <param name="arguments">How many there were.</param>
    /// <param name="output">Where a prompt goes.</param>
    public SaslOutcome Begin(SaslMechanism mechanism, ReadOnlySpan<byte> initial, int arguments, ReplyWriter output) => (mechanism, arguments) switch
    {
        (SaslMechanism.Plain, 1) => Prompt(State.Plain, [], output),
        (SaslMechanism.Plain, 2) => Plain(initial),
        (SaslMechanism.Login, 1) => Prompt(State.LoginUser, "Username:"u8, output),
        (SaslMechanism.Login, 2) => LoginUser(initial, output),
        (SaslMechanism.CramMd5, 1) when IsEnabled("cram-md5") => Prompt(State.CramMd5, Encoding.ASCII.GetBytes(context.Challenge), output),
        (SaslMechanism.External, 1) when IsEnabled("external") => Prompt(State.External, "Username:"u8, output),
        (SaslMechanism.External, 2) when IsEnabled("external") => External(initial),
        _ => SaslOutcome.Refused,
    };

    public SaslOutcome Continue(ReadOnlySpan<byte> response, ReplyWriter output)
    {
        var state = _state;
        _state = State.Idle;
        if (SaslResponse.IsCancel(response))
        {
            Abandon();
            return SaslOutcome.GivenUp;
        }

        return state switch
        {
            State.Plain => Plain(response),
            State.LoginUser => LoginUser(response, output),
            State.LoginPassword => LoginPassword(response),
            State.CramMd5 => CramMd5(response),
            _ => External(response),
        };
    }

    private bool IsEnabled(string method) => enabledMethods.Contains(method);

    private SaslOutcome Prompt(State next, ReadOnlySpan<byte> challenge, ReplyWriter output)
    {
        _state = next;
        output.Text(promptPrefix).Base64(challenge).End();
        return SaslOutcome.Prompted;
    }

    private SaslOutcome Plain(ReadOnlySpan<byte> response)
    {
        var error = SaslPlain.Decode(response, out var login, out var password);
        return error == SaslError.None ? new(new Credentials(AuthMethod.Plain, login, password)) : Refuse("PLAIN", error);
    }

    private SaslOutcome LoginUser(ReadOnlySpan<byte> response, ReplyWriter output)
    {
        if (!Base64Line.TryDecode(response, out _login)) return Refuse("LOGIN", SaslError.Base64);
        context.LogContext.Login = PeerText.ToText(_login);
        return Prompt(State.LoginPassword, "Password:"u8, output);
    }

    private SaslOutcome LoginPassword(ReadOnlySpan<byte> response)
    {
        if (!Base64Line.TryDecode(response, out var password)) return Refuse("LOGIN", SaslError.Base64);
        return new(new Credentials(AuthMethod.Plain, _login, password));
    }

    private SaslOutcome CramMd5(ReadOnlySpan<byte> response)
    {
        var error = SaslCramMd5.Decode(response, out var login, out var digest);
        if (error != SaslError.None) return Refuse("CRAM-MD5", error);
        return new(new Credentials(AuthMethod.CramMd5, login, digest, Encoding.ASCII.GetBytes(context.Challenge)));
    }

    private SaslOutcome External(ReadOnlySpan<byte> response)
    {
        if (!Base64Line.TryDecode(response, out var login)) return Refuse("EXTERNAL", SaslError.Base64);
        return new(new Credentials(AuthMethod.External, login, []));
    }

    private SaslOutcome Refuse(string mechanism, SaslError error)
    {
        Abandon();
        switch (error)
        {
            case SaslError.Login: SessionLog.InvalidLogin(context.Log, mechanism); break;
            case SaslError.Password: SessionLog.InvalidPassword(context.Log, mechanism); break;
            case SaslError.Hash: SessionLog.InvalidHash(context.Log); break;
            default: SessionLog.InvalidBase64(context.Log, mechanism); break;
        }

        return SaslOutcome.Refused;
    }
}

/// <summary>What became of one step: a prompt went out, the input was invalid, the client gave up, or the credentials are complete.</summary>
internal readonly record struct SaslOutcome(Credentials? Credentials, bool Invalid = false, bool Cancelled = false)
{
    public static SaslOutcome Prompted => default;

    public static SaslOutcome Refused => new(null, Invalid: true);

    public static SaslOutcome GivenUp => new(null, Cancelled: true);
}

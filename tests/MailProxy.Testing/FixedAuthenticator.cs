using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;

namespace MailProxy.Testing;

/// <summary>Answers logins from a list and keeps what it was asked.</summary>
internal sealed class FixedAuthenticator(params AuthResult[] answers) : IAuthenticator
{
    private readonly Queue<AuthResult> _answers = new(answers);

    public static readonly UpstreamAddress Upstream = new("127.0.0.1", 31500);

    public List<AuthRequest> Requests { get; } = [];

    /// <summary>An answer that lets a plain login through with what the client sent.</summary>
    public static AuthResult Accept(string login = "user", string password = "pass", bool? smtpAuth = null, bool hasLogin = false, UpstreamAddress? upstream = null) => new()
    {
        Status = AuthStatus.Accepted,
        Proof = ProofCheck.AuthServer,
        Upstream = upstream ?? Upstream,
        Login = Encoding.UTF8.GetBytes(login),
        HasLogin = hasLogin,
        UpstreamCredentials = new Credentials(AuthMethod.Plain, Encoding.UTF8.GetBytes(login), Encoding.UTF8.GetBytes(password)),
        SmtpAuth = smtpAuth,
    };

    public static AuthResult Reject(string text, int wait = 0, string? code = null) => new()
    {
        Status = AuthStatus.Rejected,
        Text = Encoding.UTF8.GetBytes(text),
        Wait = TimeSpan.FromSeconds(wait),
        ErrorCode = code is null ? null : Encoding.ASCII.GetBytes(code),
    };

    public ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        return ValueTask.FromResult(_answers.Count > 0 ? _answers.Dequeue() : new AuthResult { Status = AuthStatus.Unavailable });
    }
}

using MailProxy.Observing;
using MailProxy.Tests.Tls;
using MailProxy.Tls;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Sessions;

/// <summary><c>ssl_verify_client</c>: the verdict comes behind the handshake, before the greeting or the next command.</summary>
public sealed class ClientCertificateTests
{
    private const string None = "client sent no required SSL certificate";
    private static readonly TlsVerification Good = new(0, "ok");
    private static readonly TlsVerification Expired = new(10, "certificate has expired");
    private static readonly TlsVerification Unknown = new(20, "unable to get local issuer certificate");

    public static TheoryData<string, object, string, string?> Verdicts
    {
        get
        {
            var data = new TheoryData<string, object, string, string?>();
            foreach (var protocol in Dialect.Names)
            {
                data.Add(protocol, ClientVerification.Off, "expired", null);
                data.Add(protocol, ClientVerification.On, "good", null);
                data.Add(protocol, ClientVerification.On, "none", None);
                data.Add(protocol, ClientVerification.On, "expired", Error(Expired));
                data.Add(protocol, ClientVerification.On, "unknown", Error(Unknown));
                data.Add(protocol, ClientVerification.Optional, "good", null);
                data.Add(protocol, ClientVerification.Optional, "none", null);
                data.Add(protocol, ClientVerification.Optional, "unknown", Error(Unknown));
                data.Add(protocol, ClientVerification.OptionalNoCa, "none", null);
                data.Add(protocol, ClientVerification.OptionalNoCa, "unknown", null);
                data.Add(protocol, ClientVerification.OptionalNoCa, "expired", Error(Expired));
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Verdicts))]
    public async Task On_an_ssl_address_it_takes_the_place_of_the_greeting(string protocol, object verify, string shown, string? complaint)
    {
        var session = Session(protocol, (ClientVerification)verify, shown, isImplicit: true);
        var dialect = Dialect.Of(protocol);
        var end = await session.PlayAsync(FakeTlsFeature.Handshake + (complaint is null ? dialect.Greeting + dialect.Noop : Complaint(dialect, complaint)));
        Assert.Equal(complaint is null ? SessionEndReason.ClientClosed : SessionEndReason.ClientCertificate, end);
        Assert.Equal(complaint is null ? [] : [$"Information: {complaint} while SSL handshaking"], session.Log);
    }

    [Theory, MemberData(nameof(Verdicts))]
    public async Task Behind_starttls_it_comes_before_the_next_command(string protocol, object verify, string shown, string? complaint)
    {
        var session = Session(protocol, (ClientVerification)verify, shown, isImplicit: false);
        var dialect = Dialect.Of(protocol);
        var end = await session.PlayAsync(dialect.Greeting + dialect.StartTls + FakeTlsFeature.Handshake + (complaint is null ? dialect.Noop : Complaint(dialect, complaint)));
        Assert.Equal(complaint is null ? SessionEndReason.ClientClosed : SessionEndReason.ClientCertificate, end);
        Assert.Equal(complaint is null ? [] : [$"Information: {complaint} while in starttls state using starttls"], session.Log);
    }

    private static SessionTranscript Session(string protocol, ClientVerification verify, string shown, bool isImplicit) => new()
    {
        Protocol = protocol,
        IsImplicitTls = isImplicit,
        Configure = server => (server.Tls.Starttls, server.Tls.VerifyClient) = (StarttlsMode.On, verify),
        Tls = new FakeTlsSession
        {
            Certificate = shown == "none" ? null : FakeTlsSession.ClientOne,
            Verdict = shown switch { "expired" => Expired, "unknown" => Unknown, _ => Good },
        },
    };

    private static string Complaint(Dialect dialect, string complaint) => complaint == None ? dialect.NoCertificate : dialect.BadCertificate;

    private static string Error(TlsVerification verification) => $"client SSL certificate verify error: ({verification.Code}:{verification.Text})";
}

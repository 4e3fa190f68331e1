using MailProxy.Tls;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Tls;

/// <summary>Contexts that know what they were made from.</summary>
internal sealed class FakeTlsEngine : ITlsEngine
{
    /// <summary>What is wrong with the files; null where they are good.</summary>
    public string? Failure { get; set; }

    /// <summary>What the engine itself has wrong; null where it works.</summary>
    public Exception? Error { get; set; }

    /// <summary>When the certificates expire.</summary>
    public DateTimeOffset NotAfter { get; set; } = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How often a context was asked for.</summary>
    public int Calls { get; private set; }

    public static TlsCertificates Certificates { get; } = new(new FakeTlsEngine(), new TlsServerOptions { Certificates = [] });

    public TlsServerContext CreateServerContext(TlsServerOptions options, TlsServerContext? previous = null)
    {
        Calls++;
        if (Error is not null) throw Error;
        return Failure is null ? new Context(options, previous, NotAfter) : throw new TlsConfigurationException(Failure);
    }

    public TlsClientContext CreateClientContext(TlsClientOptions options) => throw new NotSupportedException();

    internal sealed class Context(TlsServerOptions options, TlsServerContext? previous, DateTimeOffset notAfter) : TlsServerContext
    {
        public TlsServerContext? Previous => previous;

        public override IReadOnlyList<TlsCertificate> Certificates { get; } =
            [.. options.Certificates.Select(pair => new TlsCertificate(TlsKeyPair.SourceOf(pair.Certificate), ["mail.test"], notAfter))];
    }
}

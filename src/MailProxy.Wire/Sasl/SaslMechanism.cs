using System.Text;

namespace MailProxy.Wire.Sasl;

/// <summary>The SASL mechanisms that a client may name.</summary>
internal enum SaslMechanism
{
    /// <summary>None that we know.</summary>
    Unknown,

    /// <summary>RFC 4616.</summary>
    Plain,

    /// <summary>The never standardised LOGIN.</summary>
    Login,

    /// <summary>RFC 2195.</summary>
    CramMd5,

    /// <summary>RFC 4422, appendix A.</summary>
    External,
}

/// <summary>Names of mechanisms.</summary>
internal static class SaslMechanisms
{
    /// <summary>The mechanism of this name, in any case of letters.</summary>
    public static SaslMechanism Parse(ReadOnlySpan<byte> name)
    {
        if (Ascii.EqualsIgnoreCase(name, "PLAIN"u8)) return SaslMechanism.Plain;
        if (Ascii.EqualsIgnoreCase(name, "LOGIN"u8)) return SaslMechanism.Login;
        if (Ascii.EqualsIgnoreCase(name, "CRAM-MD5"u8)) return SaslMechanism.CramMd5;
        return Ascii.EqualsIgnoreCase(name, "EXTERNAL"u8) ? SaslMechanism.External : SaslMechanism.Unknown;
    }
}

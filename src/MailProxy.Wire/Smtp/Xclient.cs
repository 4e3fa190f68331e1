using System.Text;

namespace MailProxy.Wire.Smtp;

/// <summary>Attributes that an upstream takes in XCLIENT.</summary>
[Flags]
internal enum XclientAttributes
{
    /// <summary>XCLIENT is not offered.</summary>
    None = 0,

    /// <summary>XCLIENT is offered.</summary>
    Offered = 1,

    /// <summary>The client's name.</summary>
    Name = 2,

    /// <summary>The client's address.</summary>
    Addr = 4,

    /// <summary>The client's port.</summary>
    Port = 8,

    /// <summary>SMTP or ESMTP.</summary>
    Proto = 16,

    /// <summary>The client's HELO name.</summary>
    Helo = 32,

    /// <summary>The login.</summary>
    Login = 64,

    /// <summary>The address that the client connected to.</summary>
    DestAddr = 128,

    /// <summary>The port that the client connected to.</summary>
    DestPort = 256,
}

/// <summary>The XCLIENT extension as Postfix documents it.</summary>
internal static class Xclient
{
    /// <summary>Reads the offer out of a reply to EHLO.</summary>
    public static XclientAttributes ParseOffer(ReadOnlySpan<byte> ehloReply)
    {
        if (!SmtpReply.TryFindExtension(ehloReply, "XCLIENT"u8, out var words)) return XclientAttributes.None;
        var offer = XclientAttributes.Offered;
        while (CommandLine.NextWord(ref words) is { IsEmpty: false } word) offer |= Attribute(word);
        return offer;
    }

    private static XclientAttributes Attribute(ReadOnlySpan<byte> name)
    {
        if (Ascii.EqualsIgnoreCase(name, "NAME"u8)) return XclientAttributes.Name;
        if (Ascii.EqualsIgnoreCase(name, "ADDR"u8)) return XclientAttributes.Addr;
        if (Ascii.EqualsIgnoreCase(name, "PORT"u8)) return XclientAttributes.Port;
        if (Ascii.EqualsIgnoreCase(name, "PROTO"u8)) return XclientAttributes.Proto;
        if (Ascii.EqualsIgnoreCase(name, "HELO"u8)) return XclientAttributes.Helo;
        if (Ascii.EqualsIgnoreCase(name, "LOGIN"u8)) return XclientAttributes.Login;
        if (Ascii.EqualsIgnoreCase(name, "DESTADDR"u8)) return XclientAttributes.DestAddr;
        return Ascii.EqualsIgnoreCase(name, "DESTPORT"u8) ? XclientAttributes.DestPort : XclientAttributes.None;
    }
}

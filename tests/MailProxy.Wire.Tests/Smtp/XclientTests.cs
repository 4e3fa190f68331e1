using System.Text;
using MailProxy.Wire.Smtp;

namespace MailProxy.Wire.Tests.Smtp;

public sealed class XclientTests
{
    [Theory]
    [InlineData("250 up\r\n", XclientAttributes.None)]
    [InlineData("250-up\r\n250 PIPELINING\r\n", XclientAttributes.None)]
    [InlineData("250-up\r\n250 XCLIENTS NAME\r\n", XclientAttributes.None)]
    [InlineData("250-up\r\n250 XCLIENT\r\n", XclientAttributes.Offered)]
    [InlineData("250-up\r\n250-xclient name ADDR\r\n250 SIZE\r\n", XclientAttributes.Offered | XclientAttributes.Name | XclientAttributes.Addr)]
    [InlineData("250-up\r\n250 XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT\r\n",
        XclientAttributes.Offered | XclientAttributes.Name | XclientAttributes.Addr | XclientAttributes.Proto | XclientAttributes.Helo | XclientAttributes.Port
        | XclientAttributes.Login | XclientAttributes.DestAddr | XclientAttributes.DestPort)]
    public void The_offer_and_its_attributes_are_read_out_of_the_reply_to_ehlo(string reply, object expected) =>
        Assert.Equal(expected, Xclient.ParseOffer(Encoding.Latin1.GetBytes(reply)));
}

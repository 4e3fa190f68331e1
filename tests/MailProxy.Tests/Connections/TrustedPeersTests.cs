using System.Net;
using System.Net.Sockets;
using MailProxy.Listening;
using MailProxy.Tests.Configuration;

namespace MailProxy.Tests.Connections;

public sealed class TrustedPeersTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.0/24", "192.0.2.200", true)]
    [InlineData("192.0.2.0/24", "192.0.3.1", false)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.9", true)]
    [InlineData("2001:db8::/32", "2001:db8::9", true)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    [InlineData("0.0.0.0/0", "198.51.100.7", true)]
    [InlineData("0.0.0.0/0", "2001:db8::9", false)]
    [InlineData("unix:", "192.0.2.1", false)]
    public void Peers_are_trusted_by_address_and_by_network(string trusted, string peer, bool expected) =>
        Assert.Equal(expected, new TrustedPeers(Values.RealIp(trusted)).Contains(new IPEndPoint(IPAddress.Parse(peer), 1)));

    [Fact]
    public void Unix_sockets_are_trusted_by_their_word()
    {
        var peer = new UnixDomainSocketEndPoint("/x");
        Assert.True(new TrustedPeers(Values.RealIp("unix:")).Contains(peer));
        Assert.False(new TrustedPeers(Values.RealIp("0.0.0.0/0")).Contains(peer));
    }
}

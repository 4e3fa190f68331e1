using MailProxy.Configuration;

namespace MailProxy.Tests.Configuration;

/// <summary>Wrong <c>listen</c> directives, each with nginx's message.</summary>
public sealed class WrongListenTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Theory]
    [InlineData("0", "invalid port")]
    [InlineData("70000", "invalid port")]
    [InlineData("127.0.0.1:0", "invalid port")]
    [InlineData("127.0.0.1:", "invalid port")]
    [InlineData("127.0.0.1:1x", "invalid port")]
    [InlineData("127.0.0.1:20-", "invalid port")]
    [InlineData("127.0.0.1:-20", "invalid port")]
    [InlineData("127.0.0.1:20-70000", "invalid port")]
    [InlineData("*:143x", "invalid port")]
    [InlineData("[::1]:", "invalid port")]
    [InlineData("[::1]:70000", "invalid port")]
    [InlineData("200-100", "invalid port range")]
    [InlineData("127.0.0.1:200-100", "invalid port range")]
    [InlineData("[::1]:200-100", "invalid port range")]
    [InlineData("-20", "host not found")]
    [InlineData("20-", "host not found")]
    [InlineData("20x", "host not found")]
    [InlineData("256.0.0.1:143", "host not found")]
    [InlineData("nosuch.test:143", "host not found")]
    [InlineData("nosuch.test", "host not found")]
    [InlineData(":143", "no host")]
    [InlineData("\"\"", "no host", "")]
    [InlineData("[]:143", "no host")]
    [InlineData("/a:12", "invalid host")]
    [InlineData("a/b:12", "invalid host")]
    [InlineData("1.2.3.4:12/x", "invalid host")]
    [InlineData("1.2.3.4:12?x", "invalid host")]
    [InlineData("[::1", "invalid host")]
    [InlineData("[::1]x", "invalid host")]
    [InlineData("[::1]x:5", "invalid host")]
    [InlineData("[::1]/x:143", "invalid host")]
    [InlineData("[:::1]:143", "invalid IPv6 address")]
    [InlineData("[127.0.0.1]:143", "invalid IPv6 address")]
    [InlineData("[fe80::1%1]:143", "invalid IPv6 address")]
    [InlineData("unix:", "no path in the unix domain socket")]
    // nginx binds a random port here.
    [InlineData("127.0.0.1", "no port")]
    [InlineData("*", "no port")]
    [InlineData("[::1]", "no port")]
    [InlineData("localhost", "no port")]
    public void A_wrong_address_is_refused(string address, string reason, string? shown = null) =>
        Expect($"listen {address};", $"[emerg] {reason} in \"{shown ?? address}\" of the \"listen\" directive in c:2");

    [Fact]
    public void A_path_that_no_socket_can_have_is_refused()
    {
        var address = $"unix:/{new string('a', 107)}";
        Expect($"listen {address};", $"[emerg] too long path in the unix domain socket in \"{address}\" of the \"listen\" directive in c:2");
    }

    [Theory]
    [InlineData("default_server", "invalid parameter \"default_server\"")]
    [InlineData("reuseport", "invalid parameter \"reuseport\"")]
    [InlineData("bind=1", "invalid parameter \"bind=1\"")]
    [InlineData("SSL", "invalid parameter \"SSL\"")]
    [InlineData("backlog=0", "invalid backlog \"backlog=0\"")]
    [InlineData("backlog=-1", "invalid backlog \"backlog=-1\"")]
    [InlineData("backlog=", "invalid backlog \"backlog=\"")]
    [InlineData("backlog=5k", "invalid backlog \"backlog=5k\"")]
    [InlineData("rcvbuf=1x", "invalid rcvbuf \"rcvbuf=1x\"")]
    [InlineData("rcvbuf=", "invalid rcvbuf \"rcvbuf=\"")]
    [InlineData("sndbuf=-1", "invalid sndbuf \"sndbuf=-1\"")]
    [InlineData("sndbuf=1g", "invalid sndbuf \"sndbuf=1g\"")]
    [InlineData("ipv6only=yes", "invalid parameter \"ipv6only=yes\"")]
    [InlineData("ipv6only=ox", "invalid ipv6only flags \"ox\"")]
    [InlineData("ipv6only=onn", "invalid ipv6only flags \"onn\"")]
    [InlineData("so_keepalive=", "invalid so_keepalive value: \"\"")]
    [InlineData("so_keepalive=::", "invalid so_keepalive value: \"::\"")]
    [InlineData("so_keepalive=0:0:0", "invalid so_keepalive value: \"0:0:0\"")]
    [InlineData("so_keepalive=30m:1:10:4", "invalid so_keepalive value: \"30m:1:10:4\"")]
    [InlineData("so_keepalive=abc", "invalid so_keepalive value: \"abc\"")]
    [InlineData("so_keepalive=1ms", "invalid so_keepalive value: \"1ms\"")]
    [InlineData("so_keepalive=on:", "invalid so_keepalive value: \"on:\"")]
    [InlineData("ssl foo bar", "invalid parameter \"foo\"", "invalid parameter \"bar\"")]
    public void A_wrong_parameter_is_refused(string parameters, params string[] messages) =>
        Expect($"listen 127.0.0.1:2143 {parameters};", [.. messages.Select(message => $"[emerg] {message} in c:2")]);

    [Theory]
    [InlineData("listen 127.0.0.1:1143;", "127.0.0.1:1143")]
    [InlineData("listen 127.0.0.1:1140-1150;", "127.0.0.1:1143")]
    [InlineData("listen 1160; listen 1160;", "0.0.0.0:1160")]
    [InlineData("listen *:1160; listen 0.0.0.0:1160;", "0.0.0.0:1160")]
    [InlineData("listen [::1]:1160; listen [0:0:0:0:0:0:0:1]:1160;", "[::1]:1160")]
    [InlineData("listen [::ffff:127.0.0.1]:1160; listen [::ffff:127.0.0.1]:1160;", "[::ffff:127.0.0.1]:1160")]
    [InlineData("listen unix:/a; listen UNIX:/a;", "unix:/a")]
    [InlineData("listen mail.test:1160; listen 192.0.2.2:1160;", "192.0.2.2:1160")]
    public void The_same_address_twice_is_refused(string lines, string address) =>
        Expect(lines, $"[emerg] duplicate \"{address}\" address and port pair in c:2");

    [Fact]
    public void An_address_may_not_be_shared_between_servers()
    {
        var result = _conf.Load("events {} mail { auth_http 127.0.0.1:9;\nserver { listen 143; }\nserver { listen 110;\nlisten 143; } }");
        Assert.Equal(["[emerg] duplicate \"0.0.0.0:143\" address and port pair in c:4"], _conf.Texts(result));
    }

    private void Expect(string lines, params string[] messages)
    {
        var result = _conf.Load(TestConf.Server(lines));
        Assert.Equal(messages, _conf.Texts(result));
        Assert.Null(result.Options);
        Assert.All(result.Messages, message => Assert.Equal(ErrorLogLevel.Emerg, message.Level));
    }
}

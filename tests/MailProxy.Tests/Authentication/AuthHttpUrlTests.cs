using System.Net;
using MailProxy.Authentication;

namespace MailProxy.Tests.Authentication;

public sealed class AuthHttpUrlTests
{
    [Theory]
    [InlineData("localhost", "localhost", 80, "/", "localhost")]
    [InlineData("http://localhost", "localhost", 80, "/", "localhost")]
    [InlineData("auth.example:9000/cgi-bin/auth?x=1", "auth.example", 9000, "/cgi-bin/auth?x=1", "auth.example")]
    [InlineData("http://10.0.0.1/auth:80", "10.0.0.1", 80, "/auth:80", "10.0.0.1")]
    [InlineData("host?x=a:1/b", "host", 80, "?x=a:1/b", "host")]
    [InlineData("[::1]:8080/a", "::1", 8080, "/a", "[::1]")]
    [InlineData("http://[::1]", "::1", 80, "/", "[::1]")]
    public void A_url_over_tcp_is_taken_apart(string url, string host, int port, string uri, string hostHeader)
    {
        var parsed = AuthHttpUrl.Parse(url);
        Assert.Equal((false, host, port, null, uri), (parsed.Secure, parsed.Host, parsed.Port, parsed.UnixPath, parsed.RequestUri));
        Assert.Equal(hostHeader, parsed.HostHeader);
    }

    [Theory]
    [InlineData("https://auth.example", "auth.example", 443)]
    [InlineData("https://auth.example:8443/a", "auth.example", 8443)]
    [InlineData("https://[::1]/", "::1", 443)]
    public void An_https_url_has_tls_and_port_443_by_default(string url, string host, int port)
    {
        var parsed = AuthHttpUrl.Parse(url);
        Assert.Equal((true, host, port), (parsed.Secure, parsed.Host, parsed.Port));
    }

    [Theory]
    [InlineData("unix:/run/auth.sock", "/run/auth.sock", "/")]
    [InlineData("unix:/run/auth.sock:/auth?x", "/run/auth.sock", "/auth?x")]
    [InlineData("http://unix:/run/auth.sock:/auth", "/run/auth.sock", "/auth")]
    public void A_unix_socket_has_localhost_as_its_host(string url, string path, string uri)
    {
        var parsed = AuthHttpUrl.Parse(url);
        Assert.Equal((path, uri, "localhost"), (parsed.UnixPath, parsed.RequestUri, parsed.HostHeader));
    }

    [Theory]
    [InlineData("", "no host")]
    [InlineData("http:///x", "no host")]
    [InlineData(":80", "no host")]
    [InlineData("host:", "invalid port")]
    [InlineData("host:0", "invalid port")]
    [InlineData("host:65536", "invalid port")]
    [InlineData("host:80x", "invalid port")]
    [InlineData("ftp://host/", "invalid port")]
    [InlineData("[::1]80", "invalid host")]
    [InlineData("[::1", "invalid host")]
    [InlineData("[]", "no host")]
    [InlineData("[::g]:80/", "invalid IPv6 address")]
    [InlineData("[127.0.0.1]", "invalid IPv6 address")]
    [InlineData("unix:", "no path in the unix domain socket")]
    public void A_broken_url_is_refused_in_nginxs_words(string url, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => AuthHttpUrl.Parse(url)).Message);

    [Theory]
    [InlineData("127.0.0.1:81", "127.0.0.1:81")]
    [InlineData("[::1]:81", "[::1]:81")]
    [InlineData("localhost:81", "127.0.0.1:81")]
    [InlineData("unix:/a/b", "unix:/a/b")]
    public async Task An_address_is_shown_as_nginx_shows_it(string url, string shown)
    {
        var address = await AuthHttpAddress.ResolveAsync(AuthHttpUrl.Parse(url), CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
        Assert.Equal(shown, address.DisplayName);
        Assert.True(address.EndPoint is not IPEndPoint ip || ip.Port == 81);
    }
}

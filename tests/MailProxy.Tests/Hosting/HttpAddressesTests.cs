using System.Net.Sockets;
using MailProxy.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Tests.Hosting;

public sealed class HttpAddressesTests
{
    [Theory]
    [InlineData(null, null, "http://127.0.0.1:9143")]
    [InlineData("", "", "http://127.0.0.1:9143")]
    [InlineData(null, "9090", "http://*:9090")]
    [InlineData(null, "9090;9091", "http://*:9090 http://*:9091")]
    [InlineData("http://127.0.0.1:81; http://[::1]:82", "9090", "http://127.0.0.1:81 http://[::1]:82")]
    public void Urls_come_before_ports_and_ports_before_the_default(string? urls, string? ports, string expected) =>
        Assert.Equal(expected, string.Join(' ', HttpAddresses.Read(Keys(urls, ports)).Select(address => $"{address.Scheme}://{address.Host}:{address.Port}")));

    [Theory]
    [InlineData("foo")]
    [InlineData("ftp://127.0.0.1:1")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:x")]
    public void What_is_no_address_is_named(string url) =>
        Assert.Contains($"\"{url}\"", Assert.Throws<FormatException>(() => HttpAddresses.Read(Keys(url, null))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:81", "127.0.0.1:81")]
    [InlineData("http://[::1]:81", "[::1]:81")]
    [InlineData("http://*:81", "[::]:81")]
    [InlineData("http://mail.example:81", "[::]:81")]
    [InlineData("http://localhost:81", "127.0.0.1:81 [::1]:81")]
    public void A_name_is_every_address_and_localhost_both(string url, string expected) =>
        Assert.Equal(expected, string.Join(' ', HttpAddresses.EndPoints(BindingAddress.Parse(url))));

    [Fact]
    public void A_path_is_a_unix_socket() =>
        Assert.Equal("/run/http", Assert.IsType<UnixDomainSocketEndPoint>(Assert.Single(HttpAddresses.EndPoints(BindingAddress.Parse("http://unix:/run/http")))).ToString());

    private static IConfiguration Keys(string? urls, string? ports) => new ConfigurationBuilder().AddInMemoryCollection([new("urls", urls), new("http_ports", ports)]).Build();
}

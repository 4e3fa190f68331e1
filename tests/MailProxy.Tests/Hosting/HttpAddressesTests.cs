using MailProxy.Hosting;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Tests.Hosting;

public sealed class HttpAddressesTests
{
    [Theory]
    [InlineData(null, null, "http://*:8080")]
    [InlineData(null, "9090", "http://*:9090")]
    [InlineData(null, "9090;9091", "http://*:9090 http://*:9091")]
    [InlineData("http://127.0.0.1:81; http://[::1]:82", "9090", "http://127.0.0.1:81 http://[::1]:82")]
    public void Urls_come_before_ports_and_ports_before_the_default(string? urls, string? ports, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("urls", urls), new("http_ports", ports)]).Build();
        Assert.Equal(expected, string.Join(' ', HttpAddresses.Read(configuration).Select(address => $"{address.Scheme}://{address.Host}:{address.Port}")));
    }
}

using MailProxy.Upstreams;

namespace MailProxy.Tests.Configuration;

public sealed class ProxyBindTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Theory]
    [InlineData("127.0.0.2", "127.0.0.2:0")]
    [InlineData("127.0.0.2:2525", "127.0.0.2:2525")]
    [InlineData("::1", "[::1]:0")]
    [InlineData("[::1]", "[::1]:0")]
    [InlineData("[::1]:2525", "[::1]:2525")]
    [InlineData("off", null)]
    public void An_address_is_read(string word, string? address) => Assert.Equal(address, _conf.OnlyServer($"proxy_bind {word};").Proxy.Bind?.ToString());

    [Theory]
    [InlineData("proxy_bind localhost;", "invalid address \"localhost\" in c:2")]
    [InlineData("proxy_bind 127.0.0.256;", "invalid address \"127.0.0.256\" in c:2")]
    [InlineData("proxy_bind 127.1;", "invalid address \"127.1\" in c:2")]
    [InlineData("proxy_bind 127.0.0.1:0;", "invalid address \"127.0.0.1:0\" in c:2")]
    [InlineData("proxy_bind 127.0.0.1:65536;", "invalid address \"127.0.0.1:65536\" in c:2")]
    [InlineData("proxy_bind 127.0.0.1:;", "invalid address \"127.0.0.1:\" in c:2")]
    [InlineData("proxy_bind [::1]:x;", "invalid address \"[::1]:x\" in c:2")]
    [InlineData("proxy_bind [127.0.0.1];", "invalid address \"[127.0.0.1]\" in c:2")]
    [InlineData("proxy_bind unix:/run/x;", "invalid address \"unix:/run/x\" in c:2")]
    [InlineData("proxy_bind $remote_addr;", "invalid address \"$remote_addr\", variables are not supported in c:2")]
    [InlineData("proxy_bind 127.0.0.1 transparent;", "transparent proxying is not supported in c:2")]
    [InlineData("proxy_bind 127.0.0.1 x;", "invalid parameter \"x\" in c:2")]
    [InlineData("proxy_bind 127.0.0.1 transparent x;", "invalid number of arguments in \"proxy_bind\" directive in c:2")]
    public void Anything_else_is_refused(string line, string message) => Assert.Equal([$"[emerg] {message}"], _conf.Texts(_conf.Load(TestConf.Server(line))));

    [Fact]
    public void Off_is_not_what_the_mail_block_says()
    {
        var servers = _conf.Options("""
            events {}
            mail {
                auth_http 127.0.0.1:9; proxy_bind 127.0.0.2;
                server { listen 143; }
                server { listen 110; proxy_bind off; }
                server { listen 25; proxy_bind ::1; }
            }
            """, null, ("Mail:Servers:2:Proxy:Bind", "off")).Servers;
        Assert.Equal(["127.0.0.2:0", null, null], servers.Select(server => server.Proxy.Bind?.ToString()));
    }

    [Fact]
    public void A_key_is_read_by_the_same_grammar() => Assert.Equal(
        ["[emerg] invalid address \"localhost\" in Mail:Proxy:Bind"], _conf.Texts(_conf.Load(TestConf.Server(""), null, ("Mail:Proxy:Bind", "localhost"))));
}

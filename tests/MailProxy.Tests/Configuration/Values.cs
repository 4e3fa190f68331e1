using System.Net;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Listening;
using MailProxy.Loading;
using MailProxy.Protocols;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Configuration;

/// <summary>Values of options as the configuration would read them.</summary>
internal static class Values
{
    /// <summary>What <c>listen</c> makes of an address.</summary>
    public static EndPoint EndPoint(string text)
    {
        var found = new List<EndPoint>();
        Assert.Null(NetAddress.ReadListen(text, TestConf.Lookup, found));
        return Assert.Single(found);
    }

    /// <summary>What <c>proxy_pass</c> makes of one.</summary>
    public static UpstreamAddress Upstream(string text)
    {
        Assert.Null(NetAddress.ReadUpstream(text, out var address));
        return address;
    }

    /// <summary>A protocol of the program.</summary>
    public static MailProtocol Protocol(string name) => Features.BuiltIn.Protocols.Find(name)!;

    /// <summary>What <c>auth_http</c> makes of its words.</summary>
    public static IList<AuthHttpUrl> Urls(params string[] texts) => [.. texts.Select(AuthHttpUrl.Parse)];

    /// <summary>What <c>set_real_ip_from</c> makes of a word.</summary>
    public static IList<RealIpSource> RealIp(string text)
    {
        using var conf = new TestConf();
        return conf.Options(TestConf.Server($"set_real_ip_from {text};")).Servers[0].SetRealIpFrom;
    }

    /// <summary>What <c>ssl_session_cache</c> makes of its words.</summary>
    public static IReadOnlyList<SessionCacheSetting> SessionCache(string words) => [.. words.Split(' ').Select(Cache)];

    private static SessionCacheSetting Cache(string word)
    {
        var call = new WordCall(new DirectiveAttribute<MailProxy.Tls.SessionCacheGrammar>("x"), typeof(string), new LoadContext("/", "/", TestConf.Lookup), new Report([], "here"));
        Assert.True(new MailProxy.Tls.SessionCacheGrammar().TryRead(word, call, out var value));
        return (SessionCacheSetting)value!;
    }
}

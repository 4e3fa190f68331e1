namespace MailProxy.Tests.Configuration;

/// <summary><c>auth_endpoint_key</c>, and the users of <c>auth_http internal</c>.</summary>
public sealed class AuthEndpointTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void The_key_stands_in_the_file_itself_or_in_one_of_its_own()
    {
        _conf.Write("key", "s3cret\n");
        Assert.Equal("k3y", _conf.Options(With("auth_endpoint_key k3y;")).AuthEndpointKey);
        Assert.Equal("s3cret", _conf.Options(With("auth_endpoint_key file:key;")).AuthEndpointKey);
        Assert.Equal("other", _conf.Options(With("auth_endpoint_key k3y;"), null, ("Mail:AuthEndpointKey", "other")).AuthEndpointKey);
        Assert.Equal("", _conf.Options(With("")).AuthEndpointKey);
    }

    [Theory]
    [InlineData("auth_endpoint_key \"\";", "\"auth_endpoint_key\" directive invalid value")]
    [InlineData("auth_endpoint_key \"a\\nb\";", "\"auth_endpoint_key\" directive invalid value")]
    [InlineData("auth_endpoint_key \" k\";", "\"auth_endpoint_key\" directive invalid value")]
    [InlineData("auth_endpoint_key file:empty;", "\"auth_endpoint_key\" directive invalid value")]
    [InlineData("auth_endpoint_key file:missing;", "cannot read \"missing\": Could not find file 'missing'.")]
    [InlineData("auth_endpoint_key a; auth_endpoint_key b;", "\"auth_endpoint_key\" directive is duplicate")]
    public void A_key_that_none_could_send_is_refused(string line, string message)
    {
        _conf.Write("empty", "\n");
        Assert.Equal([$"[emerg] {message} in c:1"], _conf.Texts(_conf.Load(With(line))).Select(text => text.Replace(_conf.Directory + "/", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void Internal_asks_the_embedded_directory_where_no_passdb_is_written()
    {
        var options = _conf.Options("events {} mail { auth_http internal; server { listen 143; } }");
        Assert.True(Assert.Single(options.Servers).AuthHttp.IsInternal);
        var users = Assert.Single(options.Passdb);
        Assert.Equal(("sqlite", "users.db"), (users.Driver, Path.GetFileName(users.Path)));
        Assert.Equal("static", Assert.Single(_conf.Options("events {} mail { passdb static; auth_http internal; server { listen 143; } }").Passdb).Driver);
        Assert.Empty(_conf.Options(With("")).Passdb);
    }

    private static string With(string line) => $"events {{}} mail {{ {line} auth_http 127.0.0.1:9; server {{ listen 143; }} }}";
}

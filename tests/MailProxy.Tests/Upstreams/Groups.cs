using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Upstreams;
using MailProxy.Upstreams.Groups;

namespace MailProxy.Tests.Upstreams;

/// <summary>Groups as a configuration makes them.</summary>
internal static class Groups
{
    public static UpstreamGroupOptions Options(UpstreamMethod method, params UpstreamServerOptions[] servers) =>
        new() { Name = "pool", Source = "test:1", Balancing = new() { Method = method, HashKey = HashKey.Parse("$auth_user", new Report([], "here")), Servers = [.. servers] } };

    public static UpstreamServerOptions Server(int last, Action<UpstreamServerOptions>? configure = null)
    {
        var server = new UpstreamServerOptions { Address = new($"10.0.0.{last}", 143), Host = $"10.0.0.{last}" };
        configure?.Invoke(server);
        return server;
    }

    /// <summary>Chooses, and gives the place back at once.</summary>
    public static string? Choose(this UpstreamGroup group, string login = "", params UpstreamPeer[] tried)
    {
        var peer = group.Take(System.Text.Encoding.UTF8.GetBytes(login), tried);
        peer?.Release();
        return peer?.Name;
    }
}

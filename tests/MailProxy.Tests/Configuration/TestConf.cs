using System.Net;
using MailProxy.Configuration;
using MailProxy.Loading;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Tests.Configuration;

/// <summary>A directory with configuration files, and host names that are known without asking anyone.</summary>
public sealed class TestConf : IDisposable
{
    private static readonly Dictionary<string, string[]> Hosts = new()
    {
        ["localhost"] = ["127.0.0.1", "::1"],
        ["mail.test"] = ["192.0.2.1", "192.0.2.2"],
        ["auth.test"] = ["192.0.2.80"],
    };

    private readonly DirectoryInfo _directory = System.IO.Directory.CreateTempSubdirectory("mailproxy-conf-");

    public string Directory => _directory.FullName;

    /// <summary>Whether the program is told that it runs as root.</summary>
    public bool IsPrivileged { get; set; } = true;

    /// <summary>Wraps lines of a server that is whole but for them: they are the second line and following.</summary>
    public static string Server(string lines) => $"events {{}} mail {{ auth_http 127.0.0.1:9; server {{ listen 127.0.0.1:1143; protocol imap;\n{lines}\n}}}}";

    /// <summary>Writes a file, with its directories.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    internal ConfigurationResult Load(string? text, string? global = null, params (string Key, string? Value)[] overlay) =>
        LoadFile(text is null ? null : Write("c", text), global, overlay.Length == 0 ? null : new ConfigurationBuilder().AddInMemoryCollection(overlay.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))).Build());

    internal ConfigurationResult LoadFile(string? path, string? global = null, IConfiguration? overlay = null) =>
        ConfigurationLoader.Load(new ConfigurationRequest(path, Path.Combine(Directory, "prefix"), global, overlay), Lookup, IsPrivileged);

    /// <summary>Loads what must be right, without a word.</summary>
    internal MailProxyOptions Options(string? text, string? global = null, params (string Key, string? Value)[] overlay)
    {
        var result = Load(text, global, overlay);
        Assert.Empty(Texts(result));
        return result.Options!;
    }

    /// <summary>The only server of lines that must be right.</summary>
    internal ServerOptions OnlyServer(string lines) => Assert.Single(Options(Server(lines)).Servers);

    /// <summary>The messages as they are printed, with the directory cut off.</summary>
    internal IReadOnlyList<string> Texts(ConfigurationResult result) =>
        [.. result.Messages.Select(message => $"[{message.Level.ToString().ToLowerInvariant()}] {message.Text.Replace(Directory + "/", "", StringComparison.Ordinal)}")];

    public void Dispose() => _directory.Delete(recursive: true);

    internal static IReadOnlyList<IPAddress> Lookup(string name) => [.. Hosts.GetValueOrDefault(name, []).Select(IPAddress.Parse)];
}

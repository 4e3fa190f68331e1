using System.Text;
using MailProxy.Configuration;
using MailProxy.Server;
using MailProxy.Tests.Hosting;
using MailProxy.Tests.Observing;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Tests.Server;

/// <summary>A folder with one configuration, and what the program prints about it.</summary>
internal sealed class ServerFolder : IDisposable
{
    private readonly LogFolder _folder = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly MemoryStream _output = new();

    /// <summary>The full path of a file in the folder.</summary>
    public string this[string name] => _folder[name];

    /// <summary>What was printed on stderr, with the folder's path as <c>{dir}</c>.</summary>
    public string Error => _error.ToString().Replace(_folder[""].TrimEnd('/'), "{dir}", StringComparison.Ordinal);

    public byte[] Output => _output.ToArray();

    public StartupErrors Errors(string? log = null) => new(_error, log, _folder.Time);

    public void Write(string name, string text) => File.WriteAllText(this[name], text.Replace("{dir}", this[""].TrimEnd('/'), StringComparison.Ordinal));

    public string Read(string name) => _folder.ReadNow(name).Replace(_folder[""].TrimEnd('/'), "{dir}", StringComparison.Ordinal);

    /// <summary>Runs <c>-t</c> and whatever else is given, on <c>mailproxy.conf</c>.</summary>
    public int Test(params string[] arguments)
    {
        var line = CommandLine.Parse(["-t", "-p", this[""], .. arguments]);
        var test = new ConfigurationTest(line, Errors(line.ErrorLogPath), _output, _error) { TryStartAsync = TryStartAsync };
        return test.RunAsync(Reader(line).Read()).GetAwaiter().GetResult();
    }

    private static async Task TryStartAsync(MailProxyOptions options)
    {
        await using var fixture = new RuntimeFixture();
        await fixture.Runtime.TryAsync(options);
    }

    public static ConfigurationReader Reader(CommandLine line) => new(line, new ConfigurationBuilder().Build());

    public ConfigurationReader Reader(params string[] arguments) => Reader(CommandLine.Parse(["-p", this[""], .. arguments]));

    public void WriteBytes(string name, byte[] bytes) => File.WriteAllBytes(this[name], bytes);

    public static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    public void Dispose() => _folder.Dispose();
}

using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace MailProxy.Tests;

/// <summary>Who may import whom, read from the <c>using</c> lines. A new arrow is an edit to this test, so that it is seen.</summary>
public sealed partial class ArchitectureTests
{
    // From the ground up: a folder may import those before it, so that there are no circles.
    private static readonly string[] Floors =
    [
        "Wire",
        "Wire.Sasl", "Wire.ProxyProtocol", "Wire.Imap", "Wire.Pop3", "Wire.Smtp",
        "Transport.Guards", "Transport.Linux.Interop", "Transport.Sockets", "Transport.Features", "Transport.Tls", "Transport.Managed",
        "Transport.Linux.Loop", "Transport.Linux.Relay", "Transport.OpenSsl", "Transport.Linux.Connection", "Transport.Linux.Accept", "Transport.Linux", "Transport",
        "Configuration.Syntax", "Configuration.Binding", "Configuration.Grammar", "Configuration", "Protocols",
        "Observing.Metrics", "Observing.Traces", "Observing.Logs", "Observing",
        "Resolving", "Listening", "Tls", "Connections",
        "Upstreams", "Upstreams.Dialling", "Upstreams.Selectors", "Upstreams.Groups", "Upstreams.Names", "Upstreams.Health", "Upstreams.Routing",
        "Authentication",
        "UserDirectory", "UserDirectory.Passwords", "UserDirectory.Stores.Static", "UserDirectory.Stores.PasswdFile", "UserDirectory.Stores.Sqlite", "UserDirectory.Stores.Pgsql", "UserDirectory.Stores.Ldap",
        "UserDirectory.Stores", "UserDirectory.Logins", "UserDirectory.Endpoint",
        "Sessions", "Protocols.Imap", "Protocols.Pop3", "Protocols.Smtp",
        "Loading", "Hosting", "Server",
    ];

    // What still points upward. Rows only ever go.
    private static readonly string[] Pending =
    [
        "Transport.Linux.Connection -> Transport.Linux.Accept",
        "Transport.Linux.Relay -> Transport.Linux.Connection",
        "Transport.OpenSsl -> Transport.Linux.Connection",
    ];

    [Fact]
    public void Nobody_imports_from_a_floor_above()
    {
        var upward =
            from file in SourceFiles()
            let owner = Owner(file)
            from import in Imports(file)
            let target = import["MailProxy.".Length..]
            where !Floors.Contains(target) || Array.IndexOf(Floors, target) > Array.IndexOf(Floors, owner)
            select $"{owner} -> {target}";
        Assert.Equal(Pending, upward.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_folder_has_its_floor() => Assert.Equal(Floors.Order(StringComparer.Ordinal), SourceFiles().Select(Owner).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void A_folder_is_read_in_one_sitting() => Assert.DoesNotContain(SourceFiles().GroupBy(Owner), folder => folder.Count() > 30);

    [Fact]
    public void A_protocol_never_imports_another()
    {
        var offences =
            from file in SourceFiles()
            let folder = Path.GetFileName(Path.GetDirectoryName(file)!)
            where file.Contains("/Protocols/", StringComparison.Ordinal)
            from import in Imports(file)
            where import.StartsWith("MailProxy.Protocols.", StringComparison.Ordinal) && !import.EndsWith("." + folder, StringComparison.Ordinal)
            select $"{Path.GetRelativePath(Source, file)} imports {import}";
        Assert.Empty(offences);
    }

    /// <summary>A protocol is one object in one folder: everybody else asks it. What auth servers are told of SMTP alone has its name from nginx.</summary>
    [Fact]
    public void Nobody_names_a_protocol_but_itself()
    {
        var offences =
            from file in SourceFiles()
            let path = Path.GetRelativePath(Source, file)
            where path.StartsWith("MailProxy/", StringComparison.Ordinal) || path.StartsWith("MailProxy.Server/", StringComparison.Ordinal)
            where !path.StartsWith("MailProxy/Protocols/", StringComparison.Ordinal) && path != "MailProxy/Loading/BuiltInProtocols.cs"
            from line in File.ReadLines(file)
            where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && !line.StartsWith("using ", StringComparison.Ordinal) && ProtocolName().IsMatch(line)
            select $"{path}: {line.Trim()}";
        Assert.Empty(offences);
    }

    [Fact]
    public void No_file_is_longer_than_400_lines()
    {
        var tests = Path.GetFullPath(Path.Combine(Source, "../tests"));
        Assert.DoesNotContain(SourceFiles().Concat(Files(tests)), file => File.ReadLines(file).Count() > 400);
    }

    [Fact]
    public void The_test_sees_the_source() => Assert.True(SourceFiles().Count() > 60);

    private static string Source { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../src"));

    private static IEnumerable<string> SourceFiles() => Files(Source);

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    /// <summary>The namespace that the file is in, by its folder, without the product's name.</summary>
    private static string Owner(string file) => Path.GetDirectoryName(Path.GetRelativePath(Source, file))!.Replace('/', '.').Replace("MailProxy.", "", StringComparison.Ordinal);

    private static IEnumerable<string> Imports(string file) =>
        Using().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^using (MailProxy\.[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex("\\b(Imap|Pop3|Smtp)(?!Envelope|AuthHeader|Auth\\b|Path)\\w*|\"(imap|pop3|smtp)\"")]
    private static partial Regex ProtocolName();
}

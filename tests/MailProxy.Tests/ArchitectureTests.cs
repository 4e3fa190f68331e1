using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace MailProxy.Tests;

/// <summary>Who may import whom, read from the <c>using</c> lines. A new arrow is an edit to this test, so that it is seen.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["MailProxy.Wire"] = [],
        ["MailProxy.Transport"] = [],
        ["MailProxy.Configuration"] = [],
        ["MailProxy.Directives"] = ["Configuration"],
        ["MailProxy.Conf"] = ["Configuration", "Directives"],
        ["MailProxy.Diagnostics"] = ["Configuration", "Wire"],
        ["MailProxy.Connections"] = ["Configuration", "Diagnostics", "Wire", "Transport"],
        ["MailProxy.Authentication"] = ["Configuration", "Diagnostics", "Wire", "Transport"],
        ["MailProxy.Upstream"] = ["Configuration", "Diagnostics", "Wire", "Transport", "Connections"],
        ["MailProxy.Passdb"] = ["Configuration", "Diagnostics", "Wire", "Connections", "Authentication"],
        ["MailProxy.Routing"] = ["Configuration", "Diagnostics", "Wire", "Transport", "Connections", "Authentication", "Upstream", "Passdb"],
        ["MailProxy.Sessions"] = ["Configuration", "Diagnostics", "Wire", "Transport", "Connections", "Authentication", "Upstream", "Routing"],
        ["MailProxy.Protocols"] = ["Configuration", "Diagnostics", "Wire", "Connections", "Authentication", "Upstream", "Sessions"],
    };

    [Fact]
    public void Nobody_imports_what_the_house_forbids()
    {
        var offences =
            from file in SourceFiles()
            let owner = Owner(file)
            where Allowed.ContainsKey(owner)
            from import in Imports(file)
            let target = import.Split('.')[1]
            where $"MailProxy.{target}" != owner && !Allowed[owner].Contains(target)
            select $"{Path.GetRelativePath(Source, file)} imports {import}";
        Assert.Empty(offences);
    }

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

    [Fact]
    public void Sessions_never_name_a_protocol() =>
        Assert.DoesNotContain(SourceFiles(), file => file.Contains("/MailProxy/Sessions/", StringComparison.Ordinal) && ProtocolName().IsMatch(File.ReadAllText(file)));

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

    private static string Owner(string file)
    {
        var parts = Path.GetRelativePath(Source, file).Split('/');
        return parts[0] == "MailProxy" && parts.Length > 2 ? $"MailProxy.{parts[1]}" : parts[0];
    }

    private static IEnumerable<string> Imports(string file) =>
        Using().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^using (MailProxy\.[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex("\\b(Imap|Pop3|Smtp)(?!Envelope|Auth|\\w*Options)\\w*\\(|\"(imap|pop3|smtp)\"")]
    private static partial Regex ProtocolName();
}

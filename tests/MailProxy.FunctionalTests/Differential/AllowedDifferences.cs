using System.Reflection;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>What <c>AllowedDifferences.txt</c> allows: scenario, streams, reason.</summary>
internal static class AllowedDifferences
{
    public const string Resource = "AllowedDifferences.txt";

    private static readonly Lazy<IReadOnlyDictionary<string, string[]>> Table = new(Read);

    /// <summary>The streams that may differ in this scenario: none, when it is not listed.</summary>
    public static IReadOnlyList<string> In(Scenario scenario) => Table.Value.GetValueOrDefault(scenario.Name, []);

    public static IEnumerable<string> Scenarios => Table.Value.Keys;

    private static Dictionary<string, string[]> Read()
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)!);
        var table = new Dictionary<string, string[]>();
        foreach (var line in reader.ReadToEnd().Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var fields = line.Split('|', StringSplitOptions.TrimEntries);
            if (fields.Length != 3 || fields[2].Length == 0) throw new FormatException($"{Resource}: not \"scenario | streams | reason\": {line}");
            var streams = fields[1].Split(',', StringSplitOptions.TrimEntries);
            if (streams.Except(Recording.Streams).Any()) throw new FormatException($"{Resource}: no such stream: {line}");
            table.Add(fields[0], streams);
        }

        return table;
    }
}

using System.Reflection;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>Who acts in a step.</summary>
internal enum Actor
{
    /// <summary><c>C:</c> the client sends.</summary>
    ClientSends,

    /// <summary><c>S:</c> the client receives.</summary>
    ClientReceives,

    /// <summary><c>A&lt;</c> the auth server is asked: a line that the request must hold.</summary>
    AuthReceives,

    /// <summary><c>A&gt;</c> the auth server answers.</summary>
    AuthSends,

    /// <summary><c>U&gt;</c> the upstream sends.</summary>
    UpstreamSends,

    /// <summary><c>U&lt;</c> the upstream receives.</summary>
    UpstreamReceives,
}

/// <summary>One line of a transcript, with its line number for messages.</summary>
internal sealed record Step(int Line, Actor Actor, string Text);

/// <summary>
/// One dialogue with the configuration it needs. The files in <c>Transcripts</c> hold many: <c>===</c> begins one, with its
/// protocol and name; lines without a speaker are directives for its server; <c>listen:</c> replaces what it listens on.
/// Steps are written as in <see cref="Testing.Transcript"/>, and <c>A&lt;</c>/<c>A&gt;</c> speak for the auth server:
/// <c>A&lt;</c> lines wait for a request that holds them, <c>A&gt;</c> lines are one answer (<c>A&gt; &lt;accept&gt;</c> sends to the
/// upstream of the test). <c>&lt;close&gt;</c> ends or expects the end, <c>&lt;shutdown&gt;</c> ends one direction,
/// <c>&lt;tls&gt;</c> begins TLS 1.2 as the client, <c>&lt;tls client&gt;</c> with a certificate of the tests',
/// <c>&lt;reset&gt;</c> breaks, <c>&lt;connect&gt;</c> expects a connection. <c>{listen} {client} {upstream} {refused} {dir}</c>
/// stand for what differs from run to run.
/// </summary>
internal sealed record Scenario(string Name, string Protocol, string Listen, IReadOnlyList<string> Directives, IReadOnlyList<Step> Steps)
{
    /// <summary>Every scenario of every file.</summary>
    public static IReadOnlyList<Scenario> All { get; } = [.. Files().SelectMany(file => Parse(file.Name, file.Text))];

    /// <summary>One directive of the server, null when the scenario does not give it.</summary>
    public bool Gives(string directive) => Directives.Any(line => line.StartsWith(directive + " ", StringComparison.Ordinal));

    internal static IEnumerable<Scenario> Parse(string file, string text)
    {
        Scenario? scenario = null;
        var (directives, steps) = (new List<string>(), new List<Step>());
        var number = 0;
        foreach (var line in text.Split('\n').Append("=== end: of file"))
        {
            number++;
            if (line.StartsWith("=== ", StringComparison.Ordinal))
            {
                if (scenario is not null) yield return scenario with { Directives = directives, Steps = steps };
                var protocol = line[4..line.IndexOf(':', StringComparison.Ordinal)];
                scenario = new Scenario(line[4..], protocol, "127.0.0.1:{listen}", [], []);
                (directives, steps) = ([], []);
            }
            else if (ActorOf(line) is { } actor)
            {
                steps.Add(new Step(number, actor, line.Length > 3 ? line[3..] : ""));
            }
            else if (line.StartsWith("listen: ", StringComparison.Ordinal) && scenario is not null)
            {
                scenario = scenario with { Listen = line[8..] };
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                directives.Add(line.EndsWith(';') ? line : throw new FormatException($"{file}:{number}: not a step, not a directive: {line}"));
            }
        }
    }

    private static Actor? ActorOf(string line) => line.Length < 2 ? null : line[..2] switch
    {
        "C:" => Actor.ClientSends,
        "S:" => Actor.ClientReceives,
        "A<" => Actor.AuthReceives,
        "A>" => Actor.AuthSends,
        "U>" => Actor.UpstreamSends,
        "U<" => Actor.UpstreamReceives,
        _ => null,
    };

    private static IEnumerable<(string Name, string Text)> Files()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name != AllowedDifferences.Resource).Order())
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return (name, reader.ReadToEnd());
        }
    }
}

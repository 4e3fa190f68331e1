using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Tests.Protocols.Toy;

/// <summary>A greeting.</summary>
/// <param name="Word">The word.</param>
/// <param name="Times">How often.</param>
internal sealed record ToyGreeting(string Word, int Times);

/// <summary>A word, and a number behind it.</summary>
internal sealed class ToyGreetingGrammar : ValueGrammar
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override string Syntax(ValueAttribute attribute) => "word number";

    public override void Read(DirectiveCall call)
    {
        if (Number.Parse(call.Arguments[1]) is { } times and > 0) call.Set(new ToyGreeting(call.Arguments[0], times));
        else call.Report.Error($"invalid number \"{call.Arguments[1]}\"");
    }

    public override void ReadKey(DirectiveCall call) => Read(call with { Arguments = [.. call.Arguments[0].Split(' ', 2), ""] });
}

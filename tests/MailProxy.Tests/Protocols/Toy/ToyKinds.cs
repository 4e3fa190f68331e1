using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Protocols;

namespace MailProxy.Tests.Protocols.Toy;

/// <summary>One directive of each grammar that there is for everybody, where servers have them.</summary>
internal sealed class ToyServerKinds
{
    [Directive<FlagGrammar>("toy_flag")]
    public bool Flag { get; set; }

    [Directive<NumberGrammar>("toy_number", Minimum = 2)]
    public int Number { get; set; } = 7;

    [Directive<NumberOrAutoGrammar>("toy_auto")]
    public int Auto { get; set; } = 1;

    [Directive<SizeGrammar>("toy_size")]
    public int Size { get; set; } = 1;

    [Directive<MillisecondsGrammar>("toy_time")]
    public TimeSpan Time { get; set; } = TimeSpan.FromSeconds(1);

    [Directive<SecondsGrammar>("toy_days")]
    public TimeSpan Days { get; set; } = TimeSpan.FromDays(1);

    [Directive<ChoiceGrammar>("toy_shape", Words = ["round", "square"])]
    public ToyShape Shape { get; set; }

    [Directive<ChoicesGrammar>("toy_colours", Words = ["red", "blue"])]
    public IList<string> Colours { get; set; } = ["red"];

    [Directive<TextGrammar>("toy_text")]
    public string Text { get; set; } = "";

    [Directive<WordsGrammar>("toy_words")]
    public IList<string> Words { get; set; } = [];

    [Directive<SecretGrammar>("toy_secret")]
    public string? Secret { get; set; }

    [Directive<ConfFileGrammar>("toy_file")]
    public string? File { get; set; }

    [Directive<PrefixFileGrammar>("toy_state")]
    public string? State { get; set; }

    [Directive<PairGrammar>("toy_pair")]
    public IList<NameValueOptions> Pairs { get; set; } = [];
}

/// <summary>What a choice becomes.</summary>
internal enum ToyShape
{
    /// <summary>The first word.</summary>
    Round,

    /// <summary>The second.</summary>
    Square,
}

/// <summary>A directive of the main context, and one of <c>events { }</c>.</summary>
internal sealed class ToyMainKinds
{
    [Directive<ToyGreetingGrammar>("toy_start", DirectiveContexts.Main)]
    public ToyGreeting? Start { get; set; }

    [Directive<NumberGrammar>("toy_events", DirectiveContexts.Events)]
    public int Events { get; set; }
}

/// <summary>A directive of an <c>upstream</c>.</summary>
internal sealed class ToyUpstreamKinds
{
    [Directive<ToyGreetingGrammar>("toy_turn", DirectiveContexts.Upstream)]
    public ToyGreeting? Turn { get; set; }
}

/// <summary>Brings them.</summary>
internal sealed class ToyKindsProtocol : MailProtocol
{
    public override string Name => "kinds";

    public override IReadOnlyList<int> Ports => [4191];

    public override IReadOnlyList<OptionSection> Options { get; } =
    [
        OptionSection.Of<ToyServerKinds>(OptionScope.Server, "Kinds:"),
        OptionSection.Of<ToyMainKinds>(OptionScope.Main),
        OptionSection.Of<ToyUpstreamKinds>(OptionScope.Upstream),
    ];

    public override IList<string> MechanismsOf(ServerOptions server) => ["plain"];
}

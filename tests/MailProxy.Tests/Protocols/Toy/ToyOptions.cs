using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Tests.Protocols.Toy;

/// <summary>Directives <c>toy_*</c>.</summary>
internal sealed class ToyOptions
{
    /// <summary>Directive <c>toy_auth</c>. Default plain.</summary>
    [Directive<ChoicesGrammar>("toy_auth", Words = ["plain"])]
    public IList<string> Auth { get; set; } = ["plain"];

    /// <summary>Directive <c>toy_greeting</c>: what clients are greeted with, and how often. Default <c>hello 1</c>.</summary>
    [Directive<ToyGreetingGrammar>("toy_greeting", Default = "hello 1")]
    public ToyGreeting Greeting { get; set; } = new("hello", 1);
}

/// <summary>What blocks have of it.</summary>
internal static class ToySections
{
    public static IReadOnlyList<OptionSection> All { get; } = [OptionSection.Of<ToyOptions>(OptionScope.Server, "Toy:")];

    extension(ServerOptions server)
    {
        /// <summary>Directives <c>toy_*</c>.</summary>
        public ToyOptions Toy => server.Of<ToyOptions>();
    }
}

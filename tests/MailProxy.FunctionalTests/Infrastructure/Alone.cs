namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>Tests that take all of the machine, or measure time against one another: they run one by one, when the others are done.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

namespace MailProxy.Tests.Transport.Linux;

/// <summary>Tests that count what the process has, or need it to themselves: they run one by one, when the others are done.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Stress
{
    public const string Name = "stress";
}

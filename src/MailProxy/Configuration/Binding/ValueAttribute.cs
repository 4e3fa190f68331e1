namespace MailProxy.Configuration.Binding;

/// <summary>How the value of a property is written.</summary>
/// <param name="name">The name of the directive, or of its parameter.</param>
internal abstract class ValueAttribute(string name) : Attribute
{
    public string Name => name;

    /// <summary>What the arguments are, and what they become.</summary>
    public abstract ValueGrammar Grammar { get; }

    /// <summary>The words that a choice allows; for an enum in the order of its values.</summary>
    public string[] Words { get; init; } = [];

    /// <summary>The least value of a number or size; of a time, 1 keeps it from being 0.</summary>
    public long Minimum { get; init; }
}

/// <summary>
/// Makes a property of an item a parameter of its directive: <c>name=value</c>, or <c>name</c> alone for a flag. Read by
/// <see cref="ItemParameters{T}"/>.
/// </summary>
/// <param name="name">The parameter's name.</param>
internal abstract class ParameterAttribute(string name) : ValueAttribute(name);

/// <inheritdoc/>
/// <typeparam name="TGrammar">What the value is.</typeparam>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ParameterAttribute<TGrammar>(string name) : ParameterAttribute(name)
    where TGrammar : ValueGrammar, new()
{
    public override ValueGrammar Grammar { get; } = new TGrammar();
}

namespace MailProxy.Configuration.Binding;

/// <summary>A grammar each of whose words is a value by itself: one for a scalar, for a list any number.</summary>
internal abstract class WordGrammar : ValueGrammar
{
    /// <summary>Whether a parameter of this kind is there or not, without a value.</summary>
    public virtual bool IsFlag => false;

    /// <summary>What to say of the text of a key that is wrong only because it is a key's.</summary>
    public virtual string KeyHint(string text) => "";

    /// <summary>Reads one word.</summary>
    /// <param name="text">The word.</param>
    /// <param name="call">What it is read for.</param>
    /// <param name="value">The value; null stands for none where the option has that.</param>
    /// <returns>False where it is wrong, which is then reported.</returns>
    public abstract bool TryRead(string text, WordCall call, out object? value);

    /// <summary>The same for the value of a configuration key.</summary>
    public virtual bool TryReadKey(string text, WordCall call, out object? value) => TryRead(text, call, out value);

    public override void Read(DirectiveCall call)
    {
        foreach (var word in call.Arguments)
        {
            if (TryRead(word, call.Word, out var value)) Take(word, value, call);
        }
    }

    public override void ReadKey(DirectiveCall call)
    {
        foreach (var word in call.Arguments)
        {
            if (TryReadKey(word, call.Word, out var value)) Take(word, value, call);
        }
    }

    /// <summary>Sets or adds a value.</summary>
    protected virtual void Take(string word, object? value, DirectiveCall call)
    {
        if (call.Option is not { } option) return;           // only checked
        if (option.IsList) call.Add(value!);
        else call.Set(value);
    }
}

/// <summary>What a word is read for.</summary>
/// <param name="Attribute">The directive, or the parameter.</param>
/// <param name="Type">The type that the value must have.</param>
/// <param name="Context">What it is read against.</param>
/// <param name="Report">Takes what is wrong.</param>
internal readonly record struct WordCall(ValueAttribute Attribute, Type Type, LoadContext Context, Report Report)
{
    /// <summary>Reports an error, which names the directive.</summary>
    /// <returns>False.</returns>
    public bool Fail(string what) => Report.Fail($"\"{Attribute.Name}\" directive {what}");
}

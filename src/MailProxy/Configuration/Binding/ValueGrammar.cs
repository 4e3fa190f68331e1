using System.Collections;

namespace MailProxy.Configuration.Binding;

/// <summary>
/// What the arguments of a directive are, and the one place where they become the value of its option: of the option's own
/// type, so that nobody reads them again. A new kind of directive is a class of this, and nothing else.
/// </summary>
internal abstract class ValueGrammar
{
    /// <summary>How many arguments the directive takes.</summary>
    public virtual (int Least, int Most) Arguments => (1, 1);

    /// <summary>The properties that an item has as configuration keys; none where an item is one text.</summary>
    public virtual IReadOnlyList<string> ItemNames => [];

    /// <summary>Whether the configuration key of a list may be the one text that it mostly has.</summary>
    public virtual bool TakesOneText => false;

    /// <summary>Whether one directive says the whole list, so that a second one is a duplicate.</summary>
    public virtual bool ReplacesList => false;

    /// <summary>How README shows the arguments.</summary>
    public abstract string Syntax(ValueAttribute attribute);

    /// <summary>Reads the directive of a file, and sets or adds what it says; an error is reported in nginx's words.</summary>
    public abstract void Read(DirectiveCall call);

    /// <summary>Says what does not go together with the block's other directives so far, once this one is read.</summary>
    public virtual void CheckBlock(DirectiveCall call)
    {
    }

    /// <summary>Reads a configuration key with one text: a scalar's, or one of a list's. Its grammar is the same, but times are <c>hh:mm:ss</c>, and flags may be <c>true</c> and <c>false</c>.</summary>
    public virtual void ReadKey(DirectiveCall call) => Read(call);

    /// <summary>Reads an item of a list whose properties are configuration keys.</summary>
    public virtual void ReadItem(DirectiveCall call, KeyItem item) => throw new NotSupportedException();

    /// <summary>An empty list for the option, where it is one.</summary>
    public virtual IList CreateList() => new List<string>();
}

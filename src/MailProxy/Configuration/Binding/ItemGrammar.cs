using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace MailProxy.Configuration.Binding;

/// <summary>A grammar of lists whose items have properties.</summary>
/// <typeparam name="T">The item.</typeparam>
internal abstract class ItemGrammar<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T> : ValueGrammar
    where T : class, new()
{
    public override IReadOnlyList<string> ItemNames => ItemBinder<T>.Names;

    public override string Syntax(ValueAttribute attribute) => "word ...";

    public override IList CreateList() => new List<T>();
}

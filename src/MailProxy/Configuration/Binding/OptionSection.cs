using System.Diagnostics.CodeAnalysis;

namespace MailProxy.Configuration.Binding;

/// <summary>
/// The options that one feature has in one kind of block. A feature is known to the configuration by its sections, which
/// <see cref="OptionSchema"/> is made of. Reflection, yet safe to trim: each type is named here by its feature, and nothing is
/// found by following a property's type.
/// </summary>
internal sealed class OptionSection
{
    private OptionSection(OptionScope scope, IEnumerable<OptionProperty> properties)
    {
        Scope = scope;
        Properties = [.. properties];
    }

    public OptionScope Scope { get; }

    public IReadOnlyList<OptionProperty> Properties { get; }

    /// <summary>A feature's options.</summary>
    /// <param name="scope">The blocks that have them.</param>
    /// <param name="prefix">What their keys begin with, <c>Tls:</c>; empty where they stand beside the block's own.</param>
    public static OptionSection Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(OptionScope scope, string prefix = "")
        where T : class, new() => new(scope, PropertiesOf<T>(prefix, static block => block.Of<T>()));

    /// <summary>What the block itself has.</summary>
    public static OptionSection Block<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(OptionScope scope)
        where T : OptionBlock => new(scope, PropertiesOf<T>("", static block => block));

    /// <summary>All that can be written; blocks within a block are no options.</summary>
    private static IEnumerable<OptionProperty> PropertiesOf<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(string prefix, Func<OptionBlock, object> owner) =>
        from property in typeof(T).GetProperties()
        where property.CanWrite && !property.PropertyType.IsAssignableTo(typeof(IEnumerable<OptionBlock>))
        select new OptionProperty(prefix + property.Name, property, owner);
}

/// <summary>Whose options they are.</summary>
internal enum OptionScope
{
    /// <summary>The main context and <c>events { }</c>: keys directly below <c>Mail</c>.</summary>
    Main,

    /// <summary>A server: keys below <c>Mail:Servers:n</c>, or below <c>Mail</c> for every server.</summary>
    Server,

    /// <summary>An <c>upstream</c>: keys below <c>Mail:Upstreams:n</c>.</summary>
    Upstream,
}

using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using MailProxy.Authentication;
using MailProxy.Configuration.Grammar;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.Configuration.Binding;

/// <summary>How a list option is made from its items. The kinds of lists are listed here, so that trimming keeps what they need.</summary>
internal sealed class OptionList
{
    private static readonly Dictionary<Type, OptionList> Known = new()
    {
        [typeof(IList<string>)] = new(() => new List<string>(), null, []),
        [typeof(IList<ErrorLogOptions>)] = Objects<ErrorLogOptions>(),
        [typeof(IList<AccessLogOptions>)] = Objects<AccessLogOptions>(),
        [typeof(IList<LogFormatOptions>)] = Objects<LogFormatOptions>(),
        [typeof(IList<MailListenOptions>)] = Objects<MailListenOptions>(),
        [typeof(IList<AuthHttpHeaderOptions>)] = Objects<AuthHttpHeaderOptions>(),
        [typeof(IList<UpstreamServerOptions>)] = Objects<UpstreamServerOptions>(),
        [typeof(IList<TlsConfCommandOptions>)] = Objects<TlsConfCommandOptions>(),
        [typeof(IList<PassdbOptions>)] = Objects<PassdbOptions>(),
    };

    private readonly Func<IList> _create;
    private readonly Func<object>? _createItem;

    private OptionList(Func<IList> create, Func<object>? createItem, PropertyInfo[] properties)
    {
        _create = create;
        _createItem = createItem;
        Properties = properties;
    }

    /// <summary>The properties of an item; none where it is a text.</summary>
    public IReadOnlyList<PropertyInfo> Properties { get; }

    /// <summary>What makes lists of this type; null when it is no list.</summary>
    public static OptionList? Of(Type type) => Known.GetValueOrDefault(type);

    public IList Bind(Setting setting, List<ConfigurationMessage> messages)
    {
        var list = _create();
        foreach (var item in setting.Items) list.Add(_createItem is null ? item[SettingItem.Text] : BindItem(_createItem(), item, messages));
        return list;
    }

    private object BindItem(object target, SettingItem item, List<ConfigurationMessage> messages)
    {
        foreach (var property in Properties)
        {
            if (!item.TryGetValue(property.Name, out var text)) continue;
            if (OptionValue.TryParse(property.PropertyType, text, [], out var value)) property.SetValue(target, value);
            else messages.Add(OptionValue.Invalid(text, $"{item.Where}:{property.Name}"));
        }

        return target;
    }

    private static OptionList Objects<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>()
        where T : class, new() => new(() => new List<T>(), () => new T(), typeof(T).GetProperties());
}

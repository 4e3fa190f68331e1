using System.Buffers;
using System.Collections;
using System.IO.Pipelines;
using MailProxy.Transport.Features;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>A connection's features in one small array, since each idle session keeps its own; the connection's own features are asked of it.</summary>
internal sealed class ConnectionFeatures(EpollConnection connection) : IFeatureCollection,
    IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, IMemoryPoolFeature
{
    private KeyValuePair<Type, object>[] _set = [];
    private int _count;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    string IConnectionIdFeature.ConnectionId
    {
        get => connection.ConnectionId;
        set => connection.ConnectionId = value;
    }

    IDuplexPipe IConnectionTransportFeature.Transport
    {
        get => connection.Transport;
        set => connection.Transport = value;
    }

    IDictionary<object, object?> IConnectionItemsFeature.Items
    {
        get => connection.Items;
        set => connection.Items = value;
    }

    CancellationToken IConnectionLifetimeFeature.ConnectionClosed
    {
        get => connection.ConnectionClosed;
        set => connection.ConnectionClosed = value;
    }

    System.Net.EndPoint? IConnectionEndPointFeature.LocalEndPoint
    {
        get => connection.LocalEndPoint;
        set => connection.LocalEndPoint = value;
    }

    System.Net.EndPoint? IConnectionEndPointFeature.RemoteEndPoint
    {
        get => connection.RemoteEndPoint;
        set => connection.RemoteEndPoint = value;
    }

    MemoryPool<byte> IMemoryPoolFeature.MemoryPool => MemoryPool<byte>.Shared;

    public object? this[Type key]
    {
        get => Find(key) ?? (Own.Contains(key) ? this : OfConnection.Contains(key) ? connection : null);
        set => SetFeature(key, value);
    }

    void IConnectionLifetimeFeature.Abort() => connection.Abort();

    // A cast costs less than a look into the lists of types; what either object is beside its features nobody asks for.
    public TFeature? Get<TFeature>() =>
        Find(typeof(TFeature)) is { } set ? (TFeature)set : this is TFeature own ? own : connection is TFeature ofConnection ? ofConnection : default;

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (var pair in _set.Take(_count).ToArray()) yield return pair;
        foreach (var type in Own) yield return new(type, this);
        foreach (var type in OfConnection) yield return new(type, connection);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Type[] Own { get; } =
    [
        typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IMemoryPoolFeature),
    ];

    private static Type[] OfConnection { get; } = [typeof(IConnectionEntryFeature), typeof(ILoopFeature), typeof(IListenSocketFeature), typeof(IRelayFeature), typeof(IHalfCloseFeature), typeof(ITlsFeature)];

    private object? Find(Type key)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_set[i].Key == key) return _set[i].Value;
        }

        return null;
    }

    private void SetFeature(Type key, object? value)
    {
        Revision++;
        for (var i = 0; i < _count; i++)
        {
            if (_set[i].Key != key) continue;
            if (value is not null) _set[i] = new(key, value);
            else _set[i] = _set[--_count];
            return;
        }

        if (value is null) return;
        if (_count == _set.Length) Array.Resize(ref _set, _count + 4);
        _set[_count++] = new(key, value);
    }
}

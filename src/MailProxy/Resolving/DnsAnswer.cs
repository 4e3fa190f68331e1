using DnsClient;
using DnsClient.Protocol;

namespace MailProxy.Resolving;

/// <summary>What name servers say to one question.</summary>
/// <param name="Records">Those of the type that was asked for.</param>
/// <param name="Code">A response code of DNS, or an errno.</param>
/// <param name="TimeToLive">How long the records may be believed.</param>
internal readonly record struct DnsAnswer(IReadOnlyList<DnsResourceRecord> Records, int Code, TimeSpan TimeToLive)
{
    /// <summary>There are records.</summary>
    public const int Found = 0;

    /// <summary>The server cannot tell, or what it says makes no sense.</summary>
    public const int ServerFailure = 2;

    /// <summary>There is no such name, or it has no such records.</summary>
    public const int HostNotFound = 3;

    /// <summary>The errno that nginx gives a lookup without an answer.</summary>
    public const int TimedOut = 110;

    /// <summary>Whether another server, or this one later, may know more.</summary>
    public bool IsFailure => Code is not (Found or HostNotFound);

    public static DnsAnswer Failure(int code) => new([], code, TimeSpan.Zero);

    /// <summary>Reads a response.</summary>
    public static DnsAnswer Of(IDnsQueryResponse response, QueryType type)
    {
        if (response.HasError) return Failure(CodeOf((int)response.Header.ResponseCode));
        List<DnsResourceRecord> records = [.. response.Answers.Where(record => (int)record.RecordType == (int)type)];
        if (records.Count == 0) return Failure(response.Answers.All(record => IsUsualBeside(type, record)) ? HostNotFound : ServerFailure);
        return new DnsAnswer(records, Found, TimeSpan.FromSeconds(response.Answers.Min(record => record.InitialTimeToLive)));
    }

    // What is not a name server's word (none could be reached, or the answer made no sense) is a server failure.
    public static int CodeOf(int code) => (DnsResponseCode)code switch
    {
        DnsResponseCode.FormatError or DnsResponseCode.ServerFailure or DnsResponseCode.NotExistentDomain or DnsResponseCode.NotImplemented or DnsResponseCode.Refused => code,
        DnsResponseCode.ConnectionTimeout => TimedOut,
        _ => ServerFailure,
    };

    // A name may be an alias of one that has no such address. An address that is one leads to a name, or its zone is broken.
    private static bool IsUsualBeside(QueryType type, DnsResourceRecord record) =>
        type != QueryType.PTR && record.RecordType is ResourceRecordType.CNAME or ResourceRecordType.RRSIG || (int)record.RecordType == 39;
}

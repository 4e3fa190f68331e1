using DnsClient;

namespace MailProxy.Resolving;

/// <summary>Answers with records, for as long as they may be believed.</summary>
/// <param name="valid">How long; null: as long as each says itself.</param>
/// <param name="time">The clock.</param>
internal sealed class DnsAnswers(TimeSpan? valid, TimeProvider time)
{
    // Clients come from everywhere: the names of those that came a while ago make room.
    private const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, QueryType Type), (DnsAnswer Answer, long Since)> _answers = [];

    public bool TryFind(string name, QueryType type, out DnsAnswer answer)
    {
        lock (_gate)
        {
            var isKnown = _answers.TryGetValue((name, type), out var kept) && !IsOver(kept);
            answer = isKnown ? kept.Answer : default;
            return isKnown;
        }
    }

    public void Add(string name, QueryType type, DnsAnswer answer)
    {
        var kept = (answer with { TimeToLive = valid ?? answer.TimeToLive }, time.GetTimestamp());
        if (IsOver(kept)) return;
        lock (_gate)
        {
            if (_answers.Count >= Most)
            {
                foreach (var (question, _) in _answers.Where(pair => IsOver(pair.Value)).ToList()) _answers.Remove(question);
                if (_answers.Count >= Most) _answers.Clear();
            }

            _answers[(name, type)] = kept;
        }
    }

    private bool IsOver((DnsAnswer Answer, long Since) kept) => time.GetElapsedTime(kept.Since) >= kept.Answer.TimeToLive;
}

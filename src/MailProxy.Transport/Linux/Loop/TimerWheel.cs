using System.Numerics;

namespace MailProxy.Transport.Linux.Loop;

/// <summary>
/// The timers of one loop, coarse: they fire up to a tick late and never early. Setting and clearing one is O(1); a loop
/// with only far timers sleeps until the next of them is due. On the loop only.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="failed">Told of a timer that has thrown; the others fire all the same.</param>
internal sealed class TimerWheel(TimeProvider time, Action<LoopTimer, Exception> failed)
{
    /// <summary>The resolution.</summary>
    public const int TickMilliseconds = 8;

    private const int SlotBits = 6;
    private const int Slots = 1 << SlotBits;
    private const int Levels = 6;                       // 64^6 ticks: 17 years

    private readonly long _start = time.GetTimestamp();
    private readonly LoopTimer?[] _slots = new LoopTimer?[Levels * Slots];
    private readonly ulong[] _occupied = new ulong[Levels];
    private long _now;

    /// <summary>The tick in which the loop woke: for what only wants to know it roughly, without asking the clock.</summary>
    public long Now { get; private set; }

    /// <summary>Time since a tick, within one.</summary>
    public TimeSpan Since(long tick) => TimeSpan.FromMilliseconds((Elapsed() - tick) * TickMilliseconds);

    /// <summary>The loop has woken.</summary>
    public void Wake() => Now = Elapsed();

    /// <summary>Sets or moves a timer.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="after">From now; at least a tick passes.</param>
    public void Set(LoopTimer timer, TimeSpan after)
    {
        Clear(timer);
        var ticks = Math.Max(0, (long)Math.Ceiling(after.TotalMilliseconds / TickMilliseconds));
        timer.Due = Math.Max(_now, Elapsed()) + ticks + 1;
        Insert(timer);
    }

    public void Clear(LoopTimer timer)
    {
        if (timer.Slot < 0) return;
        if (timer.Previous is { } previous) previous.Next = timer.Next;
        else _slots[timer.Slot] = timer.Next;
        if (timer.Next is { } next) next.Previous = timer.Previous;
        if (_slots[timer.Slot] is null) _occupied[timer.Slot >> SlotBits] &= ~(1UL << (timer.Slot & (Slots - 1)));
        timer.Next = timer.Previous = null;
        timer.Slot = -1;
    }

    /// <summary>How long the loop may sleep; -1 for ever.</summary>
    public int MillisecondsToNext()
    {
        var next = NextWork();
        if (next == long.MaxValue) return -1;
        var left = next * TickMilliseconds - time.GetElapsedTime(_start).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, int.MaxValue);
    }

    /// <summary>Fires what is due.</summary>
    public void Advance()
    {
        var now = Elapsed();
        while (NextWork() is var next && next <= now)
        {
            _now = next;
            for (var level = Levels - 1; level >= 0; level--)
            {
                if (level > 0 && (_now & ((1L << (SlotBits * level)) - 1)) != 0) continue;
                TakeSlot(level);
            }
        }

        _now = Math.Max(_now, now);
    }

    private long Elapsed() => (long)(time.GetElapsedTime(_start).TotalMilliseconds / TickMilliseconds);

    /// <summary>Fires, or moves nearer, what stands in a level's slot of the current tick.</summary>
    private void TakeSlot(int level)
    {
        var slot = SlotOf(level, _now);
        while (_slots[slot] is { } timer)
        {
            Clear(timer);
            if (timer.Due <= _now) Fire(timer);
            else Insert(timer);
        }
    }

    private void Fire(LoopTimer timer)
    {
        try
        {
            timer.Fire();
        }
        catch (Exception exception)
        {
            failed(timer, exception);
        }
    }

    private void Insert(LoopTimer timer)
    {
        // The level on which due and now first differ in their digits of 64.
        var difference = (ulong)(timer.Due ^ _now);
        var level = difference == 0 ? 0 : Math.Min(Levels - 1, BitOperations.Log2(difference) / SlotBits);
        var slot = SlotOf(level, timer.Due);
        timer.Slot = slot;
        timer.Next = _slots[slot];
        if (timer.Next is { } next) next.Previous = timer;
        _slots[slot] = timer;
        _occupied[level] |= 1UL << (slot & (Slots - 1));
    }

    /// <summary>The next tick with something to fire or to move nearer.</summary>
    private long NextWork()
    {
        for (var level = 0; level < Levels; level++)
        {
            if (_occupied[level] == 0) continue;
            var digit = (int)(_now >> (SlotBits * level)) & (Slots - 1);
            // Slots before the current digit would be of the next round, which the level above holds.
            var ahead = _occupied[level] & (ulong.MaxValue << digit);
            if (ahead == 0) continue;
            var round = _now >> (SlotBits * (level + 1)) << (SlotBits * (level + 1));
            var tick = round + ((long)BitOperations.TrailingZeroCount(ahead) << (SlotBits * level));
            return tick;
        }

        return long.MaxValue;
    }

    private static int SlotOf(int level, long tick) => (level << SlotBits) + ((int)(tick >> (SlotBits * level)) & (Slots - 1));
}

/// <summary>A timer of a <see cref="TimerWheel"/>; what it does when it is due.</summary>
internal abstract class LoopTimer : ILoopHandler
{
    internal long Due { get; set; }

    internal int Slot { get; set; } = -1;

    internal LoopTimer? Next { get; set; }

    internal LoopTimer? Previous { get; set; }

    /// <summary>Called on the loop, once for each time that it is set.</summary>
    public abstract void Fire();

    /// <inheritdoc/>
    public virtual void OnFault(Exception exception)
    {
    }
}

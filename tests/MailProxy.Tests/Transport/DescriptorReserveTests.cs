using MailProxy.Transport.Sockets;

namespace MailProxy.Tests.Transport;

public sealed class DescriptorReserveTests
{
    [Fact]
    public void A_limit_that_changes_is_seen_by_the_next_descriptor_that_matters()
    {
        var limit = 1000;
        var reserve = new DescriptorReserve(() => limit);
        Assert.False(reserve.IsLow(100));
        limit = 110;
        Assert.True(reserve.IsLow(101));
        Assert.False(reserve.IsExhausted(102));
        Assert.True(reserve.IsExhausted(104));
        limit = 1000;
        Assert.False(reserve.IsLow(105));
    }

    [Fact]
    public void A_number_that_was_seen_before_does_not_ask_for_the_limit()
    {
        var asked = 0;
        var reserve = new DescriptorReserve(() =>
        {
            asked++;
            return 1000;
        });
        for (var i = 0; i < 1000; i++) Assert.False(reserve.IsLow(100 + i % 10));
        Assert.InRange(asked, 1, 11);
    }
}

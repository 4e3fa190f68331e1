using System.Text;
using MailProxy.Wire.Sasl;

namespace MailProxy.Wire.Tests.Sasl;

public sealed class SaslResponseTests
{
    [Theory]
    [InlineData("\r\n", "")]
    [InlineData("\n", "")]
    [InlineData("dQ==\r\n", "dQ==")]
    [InlineData("dQ==\n", "dQ==")]
    [InlineData("  dQ==  \r\n", "dQ==")]
    [InlineData("dQ== ignored\r\n", "dQ==")]
    [InlineData("*\r\n", "*")]
    [InlineData("dQ\t=\r\n", "dQ\t=")]
    public void A_response_is_the_first_word_of_its_line(string input, string expected)
    {
        Assert.Equal(ParseStatus.Complete, SaslResponse.Read(Encoding.Latin1.GetBytes(input), out var response, out _));
        Assert.Equal(expected, Encoding.Latin1.GetString(response));
        ParserContract.IsIncompleteUntilTheEnd(Read, Encoding.Latin1.GetBytes(input), ParseStatus.Complete);
    }

    [Theory, InlineData("dQ\r==\r\n"), InlineData("\r\r\n"), InlineData("dQ== a\rb\n")]
    public void A_carriage_return_within_is_invalid(string input) =>
        ParserContract.IsIncompleteUntilTheEnd(Read, Encoding.Latin1.GetBytes(input), ParseStatus.Invalid);

    [Fact]
    public void Any_input_is_survived() => ParserContract.SurvivesFuzzing(Read, "AHUAcA==\r\n", "dQ== x y\n", "*\r\n");

    [Fact]
    public void A_response_costs_no_memory() => ParserContract.AllocatesNothing(Read, "AHUAcA==\r\n");

    private static (ParseStatus Status, int Consumed) Read(ReadOnlySpan<byte> input) => (SaslResponse.Read(input, out _, out var consumed), consumed);
}

using System.Text;
using CsCheck;

namespace MailProxy.Wire.Tests;

public sealed class Base64LineTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("=", "")]
    [InlineData("=anything!", "")]
    [InlineData("dQ==", "u")]
    [InlineData("dQ=", "u")]
    [InlineData("dQ", "u")]
    [InlineData("dXM=", "us")]
    [InlineData("dXM", "us")]
    [InlineData("dXNl", "use")]
    [InlineData("dXNl=cg==", "use")]
    [InlineData("+/+/", "\xFB\xFF\xBF")]
    [InlineData("AHUAcA==", "\0u\0p")]
    public void The_standard_alphabet_is_decoded_up_to_the_first_equals_sign(string encoded, string expected)
    {
        Assert.True(Base64Line.TryDecode(Encoding.Latin1.GetBytes(encoded), out var decoded));
        Assert.Equal(expected, Encoding.Latin1.GetString(decoded));
    }

    [Theory]
    [InlineData("d")]
    [InlineData("dXNlc")]
    [InlineData("d===")]
    [InlineData("*")]
    [InlineData("dX-_")]
    [InlineData("dX Nl")]
    [InlineData("dXN\xFF")]
    [InlineData("dXN\0")]
    [InlineData("dXNl!=")]
    public void Any_other_byte_and_a_single_character_over_are_errors(string encoded)
    {
        Assert.False(Base64Line.TryDecode(Encoding.Latin1.GetBytes(encoded), out var decoded));
        Assert.Empty(decoded);
    }

    [Fact]
    public void What_is_encoded_is_decoded_with_and_without_padding() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            var encoded = Convert.ToBase64String(bytes);
            Assert.True(Base64Line.TryDecode(Encoding.Latin1.GetBytes(encoded), out var padded));
            Assert.True(Base64Line.TryDecode(Encoding.Latin1.GetBytes(encoded.TrimEnd('=')), out var bare));
            Assert.Equal(bytes, padded);
            Assert.Equal(bytes, bare);
        });

    [Fact]
    public void Any_input_is_survived() => Gen.Byte.Array[0, 200].Sample(bytes => { _ = Base64Line.TryDecode(bytes, out _); }, iter: 20_000);
}

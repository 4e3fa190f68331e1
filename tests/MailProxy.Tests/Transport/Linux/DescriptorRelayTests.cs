using System.Net.Sockets;

namespace MailProxy.Tests.Transport.Linux;

public sealed class DescriptorRelayTests : RelayTests
{
    private protected override Task<RelayedSockets> ConnectAsync(AddressFamily family, TimeProvider? time, int? buffer) =>
        RelayedSockets.ConnectAsync(family, time, buffer, onLoop: true);
}

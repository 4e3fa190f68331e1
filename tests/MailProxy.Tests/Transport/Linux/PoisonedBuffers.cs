using System.Runtime.CompilerServices;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>All tests of this project run in the debug mode in which memory is overwritten once it is given back.</summary>
internal static class PoisonedBuffers
{
    [ModuleInitializer]
    internal static void Poison() => Environment.SetEnvironmentVariable("MAILPROXY_POISON_BUFFERS", "1");
}

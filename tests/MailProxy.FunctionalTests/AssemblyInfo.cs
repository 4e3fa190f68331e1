using System.Runtime.Versioning;

// Real servers, signals and /proc: these tests are for Linux.
[assembly: SupportedOSPlatform("linux")]

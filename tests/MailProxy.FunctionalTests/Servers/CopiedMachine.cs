using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>
/// A copy of this machine's files that is gone afterwards, with the packages of a layer that <c>tests/install.sh</c> made: mail
/// servers that conflict with those the machine has. Network and <see cref="Directory"/> are the machine's own. Needs root.
/// </summary>
internal sealed class CopiedMachine(string layer) : IAsyncDisposable
{
    /// <summary>OpenSMTPD and Courier.</summary>
    public const string OpenSmtpdAndCourier = "opensmtpd-courier";

    /// <summary>Exim and Cyrus.</summary>
    public const string EximAndCyrus = "exim-cyrus";

    private const string Layers = "/var/cache/mailproxy-tests";

    private readonly TempDirectory _mount = new("machine");
    private readonly TempDirectory _directory = new("server");
    private ChildProcess? _process;

    /// <summary>What the copy sees at the same place.</summary>
    public string Directory => _directory.Path;

    /// <summary>Runs a script in the copy until <see cref="DisposeAsync"/>, which ends all that it started.</summary>
    /// <param name="script">For bash, which ends at the first failure.</param>
    /// <param name="ports">It is up once each has greeted.</param>
    public async Task StartAsync(string script, params int[] ports)
    {
        File.SetUnixFileMode(Directory, (UnixFileMode)0b111_101_101);
        await File.WriteAllTextAsync(_directory.Combine("start"), script);
        // The layer is copied, since a layer may not lie below what it lies upon. The shell stays, as the first process of its
        // namespace: a server that changes its account would survive the end of unshare.
        const string Enter = """
            layer=$1 mount=$2 directory=$3
            mount -t tmpfs none "$mount"
            mkdir "$mount/work" "$mount/root"
            cp -a "$layer/files" "$mount/files"
            mount -t overlay none -o "lowerdir=/,upperdir=$mount/files,workdir=$mount/work" "$mount/root"
            mount -t proc none "$mount/root/proc"
            mount --rbind /dev "$mount/root/dev"
            mkdir -p "$mount/root$directory"
            mount --bind "$directory" "$mount/root$directory"
            chroot "$mount/root" bash -eu "$directory/start" || exit
            """;
        _process = ChildProcess.Start(
            "/usr/bin/unshare",
            ["-m", "-p", "-f", "--kill-child", "--propagation", "private", "bash", "-euc", Enter, "-", $"{Layers}/{layer}", _mount.Path, Directory],
            endSignal: Signals.Kill);
        foreach (var port in ports) await DovecotServer.WaitForGreetingAsync(port, _process, () => _process.Error + _process.Output);
    }

    /// <summary>All that it printed.</summary>
    public string Printed => _process is null ? "" : _process.Output + "\n" + _process.Error;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _mount.Dispose();
        _directory.Dispose();
    }
}

using System.Globalization;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>A process that gets no thread beyond those that it has (<c>pids.max</c>).</summary>
internal sealed class ThreadLimit : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly string _group;

    public ThreadLimit(ChildProcess process)
    {
        _process = process;
        _group = Directory.CreateDirectory(Path.Combine(Directory.Exists("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup", $"mailproxy-{process.Id}")).FullName;
        File.WriteAllText(Path.Combine(_group, "cgroup.procs"), process.Id.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(Path.Combine(_group, "pids.max"), File.ReadAllText(Path.Combine(_group, "pids.current")));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) File.WriteAllText(Path.Combine(_group, "pids.max"), "max");
        _process.Kill();
        await Patience.UntilAsync(() => File.ReadAllText(Path.Combine(_group, "cgroup.procs")).Length == 0, () => "an empty cgroup");
        Directory.Delete(_group);
    }
}

using MailProxy.Configuration;
using MailProxy.Server;

namespace MailProxy.Tests.Server;

public sealed class PidFileTests : IDisposable
{
    private readonly ServerFolder _folder = new();
    private readonly List<string> _alerts = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_holds_the_process_and_a_line_feed_until_the_end()
    {
        using (var file = new PidFile(_alerts.Add))
        {
            _folder.Write("pid", "an older one, and longer\n");
            file.Write(_folder["pid"]);
            Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(_folder["pid"]));
            Assert.Equal(Environment.ProcessId, PidFile.Read(_folder["pid"]));
        }

        Assert.False(File.Exists(_folder["pid"]));
        Assert.Empty(_alerts);
    }

    [Fact]
    public void A_file_that_another_process_has_taken_stays()
    {
        using (var file = new PidFile(_alerts.Add))
        {
            file.Write(_folder["pid"]);
            File.Delete(_folder["pid"]);
            _folder.Write("pid", "1\n");
        }

        Assert.Equal("1\n", File.ReadAllText(_folder["pid"]));
    }

    [Fact]
    public void A_file_that_is_gone_is_no_failure()
    {
        using (var file = new PidFile(_alerts.Add))
        {
            file.Write(_folder["pid"]);
            File.Delete(_folder["pid"]);
        }

        Assert.Empty(_alerts);
    }

    [Fact]
    public async Task A_reload_moves_it()
    {
        using var file = new PidFile(_alerts.Add);
        file.Write(_folder["old"]);
        await ReloadAsync(file, _folder["new"]);
        Assert.False(File.Exists(_folder["old"]));
        Assert.Equal(Environment.ProcessId, PidFile.Read(_folder["new"]));

        await ReloadAsync(file, _folder["new"]);
        Assert.Equal(Environment.ProcessId, PidFile.Read(_folder["new"]));

        await ReloadAsync(file, null);
        Assert.False(File.Exists(_folder["new"]));

        await ReloadAsync(file, _folder["again"]);
        Assert.Equal(Environment.ProcessId, PidFile.Read(_folder["again"]));
    }

    [Fact]
    public async Task A_reload_that_fails_leaves_it_where_it_is()
    {
        using var file = new PidFile(_alerts.Add);
        file.Write(_folder["old"]);
        var next = await PrepareAsync(file, _folder["new"]);
        Assert.Equal(Environment.ProcessId, PidFile.Read(_folder["new"]));
        await next.DisposeAsync();
        Assert.False(File.Exists(_folder["new"]));
        Assert.Equal(Environment.ProcessId, PidFile.Read(_folder["old"]));

        var exception = await Assert.ThrowsAsync<IOException>(() => PrepareAsync(file, _folder["none/new"]));
        Assert.Equal($"open() \"{_folder["none/new"]}\" failed (2: No such file or directory)", exception.Message);
        Assert.Equal(Environment.ProcessId, PidFile.Read(_folder["old"]));
        Assert.Empty(_alerts);
    }

    [Fact]
    public void A_check_leaves_what_is_there()
    {
        _folder.Write("pid", "12\n");
        PidFile.Check(_folder["pid"]);
        Assert.Equal("12\n", File.ReadAllText(_folder["pid"]));

        PidFile.Check(_folder["new"]);
        Assert.False(File.Exists(_folder["new"]));
    }

    [Fact]
    public void What_cannot_be_written_is_said_in_nginx_words()
    {
        using var file = new PidFile(_alerts.Add);
        var exception = Assert.Throws<IOException>(() => file.Write(_folder["none/pid"]));
        Assert.Equal($"open() \"{_folder["none/pid"]}\" failed (2: No such file or directory)", exception.Message);
    }

    [Theory]
    [InlineData("12\n", 12)]
    [InlineData("12", 12)]
    [InlineData("12\r\n", 12)]
    public void An_id_may_have_a_line_end(string text, int expected)
    {
        _folder.Write("pid", text);
        Assert.Equal(expected, PidFile.Read(_folder["pid"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("12 13")]
    [InlineData("99999999999")]
    public void What_is_no_id_is_refused(string text)
    {
        _folder.Write("pid", text + "\n");
        Assert.Equal($"invalid PID number \"{text}\" in \"{_folder["pid"]}\"", Assert.Throws<IOException>(() => PidFile.Read(_folder["pid"])).Message);
    }

    private static async Task<Preparation> PrepareAsync(PidFile file, string? path)
    {
        var before = await Preparation.MakeAsync([], new MailProxyOptions(), inForce: null, isTrial: false, CancellationToken.None);
        return await Preparation.MakeAsync([file], new MailProxyOptions { Pid = path }, before, isTrial: false, CancellationToken.None);
    }

    private static async Task ReloadAsync(PidFile file, string? path) => (await PrepareAsync(file, path)).Commit(failed: exception => throw exception);
}

using System.Text;
using MailProxy.Tests.Transport.Linux;
using MailProxy.UserDirectory.Stores.PasswdFile;

namespace MailProxy.Tests.UserDirectory.Stores;

/// <summary>What a table of users takes of the process's memory, which no other test uses meanwhile.</summary>
[Collection(Stress.Name)]
public sealed class PasswdTableMemoryTests : IAsyncLifetime
{
    private readonly PassdbFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public void Many_users_are_all_found_and_take_little_more_than_their_file()
    {
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(number => $"user{number}@example.org:{{PLAIN}}{number}\n"));
        using var file = File.OpenHandle(_folder.Write("users", text));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var users = PasswdTable.Read(file, "", (line, reason) => Assert.Fail($"{line}: {reason}"));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, text.Length);
        Assert.Equal(100_000, users.Count);
        for (var number = 0; number < 100_000; number += 7)
        {
            var user = PasswdFileParser.Parse(users.Find(Encoding.UTF8.GetBytes($"USER{number}@example.org"))!, "");
            Assert.Equal($"{{PLAIN}}{number}", user.Password);
        }
    }
}

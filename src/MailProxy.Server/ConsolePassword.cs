using System.Text;

namespace MailProxy.Server;

/// <summary>Where <c>mailproxy user</c> gets a password from.</summary>
internal interface IPasswordSource
{
    /// <summary>Why there was none.</summary>
    string Complaint { get; }

    /// <returns>The password; null where there is none, or not twice the same.</returns>
    byte[]? Read();
}

/// <summary>The terminal, without echo and twice, or the first line of standard input.</summary>
internal sealed class ConsolePassword : IPasswordSource
{
    public string Complaint { get; private set; } = "";

    public byte[]? Read()
    {
        var password = Console.IsInputRedirected ? ReadLine() : Prompt("Password: ");
        if (password.Length == 0) Complaint = "the password is empty";
        else if (!Console.IsInputRedirected && Prompt("Again: ") != password) Complaint = "the passwords are not the same";
        else return Encoding.UTF8.GetBytes(password);
        return null;
    }

    private static string ReadLine()
    {
        using var reader = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        return reader.ReadLine() ?? "";
    }

    private static string Prompt(string text)
    {
        Console.Error.Write(text);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace) typed.Append(char.IsControl(key.KeyChar) ? "" : key.KeyChar.ToString());
            else if (typed.Length > 0) typed.Length--;
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}

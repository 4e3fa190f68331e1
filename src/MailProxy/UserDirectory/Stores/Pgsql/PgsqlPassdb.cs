using System.Data.Common;
using System.Text;
using MailProxy.UserDirectory.Passwords;
using MailProxy.UserDirectory.Stores.PasswdFile;
using MailProxy.Wire;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace MailProxy.UserDirectory.Stores.Pgsql;

/// <summary><c>passdb pgsql</c>: a query of the operator's own, over a pool of connections.</summary>
internal sealed class PgsqlPassdb : StoredPassdb
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _checks;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;

    /// <exception cref="PassdbException">The connection string makes no sense.</exception>
    public PgsqlPassdb(PassdbOptions options, PasswordVerifier passwords, TimeProvider time, ILogger log)
        : base(options, passwords, log)
    {
        _time = time;
        try
        {
            _source = PgsqlSource.Create(options.Connection);
            _checks = PgsqlSource.Create(options.Connection, most: 1);
            _limit = PgsqlSource.LimitOf(options.Connection);
        }
        catch (Exception exception) when (PgsqlSource.IsFailure(exception))
        {
            throw new PassdbException($"invalid connection string of passdb pgsql in {options.Source}", exception);
        }
    }

    public override async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = _checks.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            return Describe(exception);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _checks.DisposeAsync();
    }

    protected override async ValueTask<PassdbUser?> FindAsync(string login, PassdbQuery query, CancellationToken cancellationToken) =>
        await AnswerLimit.RunAsync(token => AskAsync(login, query, token), _limit, _time, cancellationToken);

    private async ValueTask<PassdbUser?> AskAsync(string login, PassdbQuery query, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = _source.CreateCommand(Options.Query);
            command.AllResultTypesAreUnknown = true;                   // as text, whatever the types of the columns
            Add(command, "user", login);
            Add(command, "protocol", query.Protocol.Name);
            Add(command, "client", query.Client?.ToString());
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var columns = Enumerable.Range(0, reader.FieldCount).ToDictionary(reader.GetName, column => column, StringComparer.OrdinalIgnoreCase);
            if (!columns.ContainsKey("password")) throw new PassdbException("the query returns no column \"password\"");
            if (!await reader.ReadAsync(cancellationToken)) return null;
            var user = PasswdFileParser.FromFields(Field("password"), Field);
            return await reader.ReadAsync(cancellationToken) ? throw new PassdbException("the query returns more than one row") : user;

            string? Field(string name) => columns.TryGetValue(name, out var column) && !reader.IsDBNull(column) ? reader.GetString(column) : null;
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            throw new PassdbException(Describe(exception), exception);
        }
    }

    /// <summary>Of the type that the query has in its place, which the server finds out.</summary>
    private static void Add(NpgsqlCommand command, string name, string? value) =>
        command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Unknown) { Value = value ?? (object)DBNull.Value });

    private static bool IsFailure(Exception exception) =>
        exception is DbException or TimeoutException or IOException or ArgumentException or InvalidOperationException or NotSupportedException;

    /// <summary>What the server or the network said. A failed connection's own message only says where to.</summary>
    private static string Describe(Exception exception)
    {
        var text = exception.InnerException is { } cause && exception is not PostgresException ? $"{exception.Message}: {cause.Message}" : exception.Message;
        return PeerText.ToText(Encoding.UTF8.GetBytes(text));
    }
}

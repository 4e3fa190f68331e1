using Microsoft.Data.Sqlite;

namespace MailProxy.Passdb.Sqlite;

/// <summary>
/// The embedded directory: one file. Each use opens it anew, so that a file that was replaced is seen; next to hashing a
/// password that costs nothing. Blocks.
/// </summary>
internal sealed class SqliteUsers(string path)
{
    private const int SchemaVersion = 1;
    private const int BusySeconds = 5;
    private const int ConstraintViolated = 19;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS users (
            login TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
            password TEXT,
            upstream TEXT,
            host TEXT,
            port INTEGER,
            upstream_login TEXT
        );
        PRAGMA user_version = 1;
        """;

    /// <summary>Makes the file and its table where they are not there yet; the directory must be.</summary>
    /// <exception cref="PassdbException">It cannot be made, or is no directory of users.</exception>
    public void Create() => Use(connection =>
    {
        var version = Convert.ToInt64(Scalar(connection, "PRAGMA user_version"), System.Globalization.CultureInfo.InvariantCulture);
        if (version > SchemaVersion) throw new PassdbException($"\"{path}\" was made by a newer version");
        Scalar(connection, "PRAGMA journal_mode = WAL");            // who reads does not wait for who writes
        return version == SchemaVersion ? null : Scalar(connection, Schema);
    }, isCreating: true);

    /// <returns>Null where nobody has this login, in whatever case.</returns>
    /// <exception cref="PassdbException">The file cannot be read.</exception>
    public SqliteUser? Find(string login) => Use(connection =>
    {
        using var command = Command(connection, "SELECT login, password, upstream, host, port, upstream_login FROM users WHERE login = @login", ("@login", login));
        using var reader = command.ExecuteReader();
        return reader.Read() ? Read(reader) : null;
    });

    /// <summary>All users by login.</summary>
    /// <exception cref="PassdbException">The file cannot be read.</exception>
    public IReadOnlyList<SqliteUser> List() => Use(connection =>
    {
        using var command = Command(connection, "SELECT login, password, upstream, host, port, upstream_login FROM users ORDER BY login");
        using var reader = command.ExecuteReader();
        var users = new List<SqliteUser>();
        while (reader.Read()) users.Add(Read(reader));
        return users;
    });

    /// <returns>False where there is such a user already.</returns>
    /// <exception cref="PassdbException">The file cannot be written.</exception>
    public bool Add(SqliteUser user) => Use(connection =>
    {
        const string Sql = "INSERT INTO users (login, password, upstream, host, port, upstream_login) VALUES (@login, @password, @upstream, @host, @port, @user)";
        try
        {
            return Execute(
                connection, Sql, ("@login", user.Login), ("@password", user.Password), ("@upstream", user.Upstream), ("@host", user.Host), ("@port", user.Port), ("@user", user.UpstreamLogin)) > 0;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == ConstraintViolated)
        {
            return false;
        }
    });

    /// <returns>False where there is no such user.</returns>
    /// <exception cref="PassdbException">The file cannot be written.</exception>
    public bool SetPassword(string login, string password) =>
        Use(connection => Execute(connection, "UPDATE users SET password = @password WHERE login = @login", ("@login", login), ("@password", password)) > 0);

    /// <returns>False where there is no such user.</returns>
    /// <exception cref="PassdbException">The file cannot be written.</exception>
    public bool Delete(string login) => Use(connection => Execute(connection, "DELETE FROM users WHERE login = @login", ("@login", login)) > 0);

    private T Use<T>(Func<SqliteConnection, T> work, bool isCreating = false)
    {
        try
        {
            if (isCreating) SqliteFile.Create(path);
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = BusySeconds }.ToString());
            connection.Open();
            return work(connection);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new PassdbException($"\"{path}\": {exception.Message}", exception);
        }
    }

    private static SqliteUser Read(SqliteDataReader reader) => new(reader.GetString(0))
    {
        Password = Text(reader, 1),
        Upstream = Text(reader, 2),
        Host = Text(reader, 3),
        Port = Text(reader, 4),
        UpstreamLogin = Text(reader, 5),
    };

    private static string? Text(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        return command.ExecuteScalar();
    }

    private static int Execute(SqliteConnection connection, string sql, params (string Name, string? Value)[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params (string Name, string? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? (object)DBNull.Value);
        return command;
    }
}

/// <summary>A row. The password is a secret, which <see cref="ToString"/> does not show.</summary>
internal sealed record SqliteUser(string Login)
{
    public string? Password { get; init; }

    public string? Upstream { get; init; }

    public string? Host { get; init; }

    public string? Port { get; init; }

    public string? UpstreamLogin { get; init; }

    public override string ToString() => Login;
}

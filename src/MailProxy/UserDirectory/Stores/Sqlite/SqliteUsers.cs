using Microsoft.Data.Sqlite;

namespace MailProxy.UserDirectory.Stores.Sqlite;

/// <summary>
/// The embedded directory: one file. Each use opens it anew, so that a file that was replaced is seen; next to hashing a
/// password that costs nothing. Blocks.
/// </summary>
internal sealed class SqliteUsers(string path)
{
    private const int SchemaVersion = 1;
    private const int BusySeconds = 5;

    // SQLite's result codes.
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int CannotOpen = 14;
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
    public void Create()
    {
        if (!File.Exists(path) || Read(Version) == 0) Write(connection => Version(connection) == 0 ? Scalar(connection, Schema) : null, isCreating: true);
        if (Read(Version) > SchemaVersion) throw new PassdbException($"\"{path}\" was made by a newer version");
        LeaveWriteAheadLog();
    }

    /// <summary>
    /// With a write-ahead log, as earlier versions had it, reading makes files too, which a full disk does not take. Where
    /// somebody uses it just now, or it cannot be written, it stays.
    /// </summary>
    private void LeaveWriteAheadLog()
    {
        try
        {
            if (Read(connection => Scalar(connection, "PRAGMA journal_mode")) is "wal") Write(connection => Scalar(connection, "PRAGMA journal_mode = DELETE"));
        }
        catch (PassdbException)
        {
            // It can be read all the same, see Read.
        }
    }

    /// <returns>Null where nobody has this login, in whatever case.</returns>
    /// <exception cref="PassdbException">The file cannot be read.</exception>
    public SqliteUser? Find(string login) => Read(connection =>
    {
        using var command = Command(connection, "SELECT login, password, upstream, host, port, upstream_login FROM users WHERE login = @login", ("@login", login));
        using var reader = command.ExecuteReader();
        return reader.Read() ? ReadRow(reader) : null;
    });

    /// <summary>All users by login.</summary>
    /// <exception cref="PassdbException">The file cannot be read.</exception>
    public IReadOnlyList<SqliteUser> List() => Read(connection =>
    {
        using var command = Command(connection, "SELECT login, password, upstream, host, port, upstream_login FROM users ORDER BY login");
        using var reader = command.ExecuteReader();
        var users = new List<SqliteUser>();
        while (reader.Read()) users.Add(ReadRow(reader));
        return users;
    });

    /// <returns>False where there is such a user already.</returns>
    /// <exception cref="PassdbException">The file cannot be written.</exception>
    public bool Add(SqliteUser user) => Write(connection =>
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
        Write(connection => Execute(connection, "UPDATE users SET password = @password WHERE login = @login", ("@login", login), ("@password", password)) > 0);

    /// <returns>False where there is no such user.</returns>
    /// <exception cref="PassdbException">The file cannot be written.</exception>
    public bool Delete(string login) => Write(connection => Execute(connection, "DELETE FROM users WHERE login = @login", ("@login", login)) > 0);

    private T Write<T>(Func<SqliteConnection, T> work, bool isCreating = false)
    {
        try
        {
            if (isCreating) SqliteFile.Create(path);
            return Use(path, SqliteOpenMode.ReadWrite, work);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new PassdbException($"\"{path}\": {exception.Message}", exception);
        }
    }

    /// <summary>Reads where nothing can be written too: on a full disk, in a file system that is read-only, as an account that may only read.</summary>
    private T Read<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            return Use(path, SqliteOpenMode.ReadOnly, work);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == ReadOnly)
        {
            // Who wrote was killed: what it has half done must be taken back first.
            return Write(work);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is IoError or CannotOpen && HasNoLog())
        {
            return ReadAsItStands(work);
        }
        catch (SqliteException exception)
        {
            throw new PassdbException($"\"{path}\": {exception.Message}", exception);
        }
    }

    /// <summary>Without locks, and without the files that belong to a write-ahead log: only where there is no such log, and none can be made.</summary>
    private T ReadAsItStands<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            return Use($"file:{Uri.EscapeDataString(path)}?immutable=1", SqliteOpenMode.ReadOnly, work);
        }
        catch (SqliteException exception)
        {
            throw new PassdbException($"\"{path}\": {exception.Message}", exception);
        }
    }

    private bool HasNoLog() => File.Exists(path) && !(new FileInfo(path + "-wal") is { Exists: true, Length: > 0 }) && !File.Exists(path + "-journal");

    private static T Use<T>(string source, SqliteOpenMode mode, Func<SqliteConnection, T> work)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source, Mode = mode, Pooling = false, DefaultTimeout = BusySeconds }.ToString());
        connection.Open();
        return work(connection);
    }

    private static long Version(SqliteConnection connection) =>
        Convert.ToInt64(Scalar(connection, "PRAGMA user_version"), System.Globalization.CultureInfo.InvariantCulture);

    private static SqliteUser ReadRow(SqliteDataReader reader) => new(reader.GetString(0))
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

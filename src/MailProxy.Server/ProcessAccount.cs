namespace MailProxy.Server;

/// <summary>An account that the process can become.</summary>
/// <param name="Name">Its name, by which its further groups are found.</param>
/// <param name="UserId">Its number.</param>
/// <param name="GroupId">The number of the group that the process gets.</param>
internal sealed record ProcessAccount(string Name, uint UserId, uint GroupId);

using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace MailProxy.Hosting;

/// <summary>Tells the connection of each request when it is answered: those without one may have to make room for others.</summary>
internal sealed class HttpRequestsFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(Count);
        next(app);
    };

    private static Task Count(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<LimitedConnection>() is { } connection)
        {
            connection.Begin();
            http.Response.OnCompleted(static state =>
            {
                ((LimitedConnection)state).End();
                return Task.CompletedTask;
            }, connection);
        }

        return next(http);
    }
}

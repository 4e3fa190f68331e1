# The native program on Microsoft's smallest image with a package manager: docker build -t mailproxy .
# How to run it, and why it is not the form that needs .NET, is in README, "In a container".

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
WORKDIR /source

# Restored in a layer of its own, which lasts until a package changes.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt ./
COPY src/Directory.Build.props src/
COPY src/MailProxy.Wire/MailProxy.Wire.csproj src/MailProxy.Wire/
COPY src/MailProxy.Transport/MailProxy.Transport.csproj src/MailProxy.Transport/
COPY src/MailProxy/MailProxy.csproj src/MailProxy/
COPY src/MailProxy.Server/MailProxy.Server.csproj src/MailProxy.Server/
RUN dotnet restore src/MailProxy.Server --use-current-runtime -p:PublishAot=true

COPY src src
# Analyzers have their turn where changes are checked, not in every build of an image.
RUN dotnet publish src/MailProxy.Server -c Release --no-restore --use-current-runtime -p:PublishAot=true -p:RunAnalyzers=false -o /out \
 && mkdir /image && cp /out/mailproxy /out/libe_sqlite3.so /out/libsodium.so /image && chmod 0755 /image/*

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0
LABEL org.opencontainers.image.title="MailProxy" \
      org.opencontainers.image.description="Proxy for IMAP, POP3 and SMTP that reads nginx's mail configuration"

# passdb ldap, and passwords of {BLF-CRYPT}, {SHA512-CRYPT} and all else that crypt(3) makes.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libldap2 libcrypt1 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin \
 && install -d -o $APP_UID -g $APP_UID -m 0700 /var/lib/mailproxy

COPY --from=build /image /opt/mailproxy
COPY deploy/mailproxy.conf /etc/mailproxy/mailproxy.conf

# Without diagnostics the runtime writes nothing, so that the root file system may be read-only.
ENV DOTNET_EnableDiagnostics=0 \
    ASPNETCORE_HTTP_PORTS=8080 \
    PATH=/opt/mailproxy:$PATH
USER $APP_UID
# SQLite's users; the configuration is mounted at /etc/mailproxy.
VOLUME /var/lib/mailproxy
EXPOSE 25 110 143 465 587 993 995 1110 1143 1587 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["mailproxy", "--probe", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["mailproxy"]

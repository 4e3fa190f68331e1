#!/bin/bash
# Makes what docker-compose.yml mounts as secrets, beside this script in secrets/: passwords by chance, and a certificate that
# signs itself. Makes only what is missing; replace tls.crt and tls.key by your own, MailProxy takes them within seconds.
set -euo pipefail
cd "$(dirname "$0")"
command -v openssl > /dev/null || { echo "secrets.sh: openssl is needed" >&2; exit 1; }

# Only the owner gets into the directory; in the containers accounts of other numbers must be able to read the files.
mkdir -p -m 0700 secrets
cd secrets
umask 022

for name in postgres_password reader_password grafana_password; do
    [ -s $name ] || openssl rand -hex 24 > $name
done
[ -s passdb.dsn ] || printf 'Host=postgres;Database=mail;Username=reader;Password=%s\n' "$(cat reader_password)" > passdb.dsn
if [ ! -s tls.crt ] || [ ! -s tls.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=mail.example.org \
        -addext subjectAltName=DNS:mail.example.org,DNS:localhost,IP:127.0.0.1 -keyout tls.key -out tls.crt 2> /dev/null
    chmod 0644 tls.key
fi

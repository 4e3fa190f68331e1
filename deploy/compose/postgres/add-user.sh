#!/bin/sh
# docker compose exec postgres add-user LOGIN   Adds a user, or gives one another password, which it asks for or reads from stdin.
set -eu
[ $# -eq 1 ] && [ -n "$1" ] || { echo "usage: add-user LOGIN" >&2; exit 2; }
if [ -t 0 ]; then
    printf 'Password: ' >&2
    trap 'stty echo' EXIT
    stty -echo
fi
IFS= read -r password || [ -n "$password" ]
[ ! -t 0 ] || echo >&2
[ -n "$password" ] || { echo "add-user: no password" >&2; exit 1; }

# As base64 and by stdin: nothing is quoted, and no list of processes shows it.
base64() { printf %s "$1" | command base64 | tr -d '\n'; }
psql -qX -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" << SQL
INSERT INTO users (login, password)
SELECT lower(convert_from(decode('$(base64 "$1")', 'base64'), 'UTF8')),
       crypt(convert_from(decode('$(base64 "$password")', 'base64'), 'UTF8'), gen_salt('bf', 10))
ON CONFLICT (login) DO UPDATE SET password = excluded.password;
SQL

#!/bin/sh
# Dovecot's file of SQL, with the password from its secret.
set -eu
umask 077
cat > /run/dovecot-sql.conf << CONF
driver = pgsql
connect = host=postgres dbname=mail user=reader password=$(cat /run/secrets/reader_password)
default_pass_scheme = BLF-CRYPT
password_query = SELECT login AS user, password FROM users WHERE login = lower('%u') AND active
user_query = SELECT login AS user FROM users WHERE login = lower('%u') AND active
CONF
exec dovecot -F

#!/bin/sh
# Runs once, when the database is made: the table of users, and the account that MailProxy and Dovecot read it with.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$(cat /run/secrets/reader_password)" -U "$POSTGRES_USER" -d "$POSTGRES_DB" << 'SQL'
CREATE EXTENSION pgcrypto;
CREATE TABLE users (
    login    text PRIMARY KEY CHECK (login = lower(login)),
    password text NOT NULL,
    active   boolean NOT NULL DEFAULT true
);
CREATE ROLE reader LOGIN PASSWORD :'password';
GRANT SELECT ON users TO reader;
SQL

#!/bin/bash
# MailProxy in front of a real Dovecot and a real Postfix, all in a temporary directory on high ports: logs in by each
# protocol, sends a message and reads it back. Stays up until Ctrl-C; with --check it ends with exit code 0 or 1.
# On a bare Debian machine with the .NET 10 SDK it installs what is missing (as root). P=23 moves the ports to 23xxx.
set -euo pipefail
cd "$(dirname "$0")/.."

p=${P:-24}
imap=${p}143 pop3=${p}110 smtp=${p}587 http=${p}080                       # MailProxy
dovecot_imap=${p}243 dovecot_pop3=${p}210 postfix_smtp=${p}225    # behind it
user=alice password=secret
check=
[ "${1:-}" = --check ] && check=1

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '  $ %s\n' "$*"; "$@"; }

command -v dotnet > /dev/null || { echo "deploy/demo.sh: the .NET 10 SDK is needed (dotnet is not on PATH)" >&2; exit 1; }
missing=()
for package in dovecot-imapd dovecot-pop3d dovecot-lmtpd postfix curl; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "Installing ${missing[*]}"
    [ "$(id -u)" = 0 ] || { echo "deploy/demo.sh: run it as root once, to install: ${missing[*]}" >&2; exit 1; }
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -y -o DPkg::Lock::Timeout=600 update > /dev/null
    apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "${missing[@]}" > /dev/null
fi
[ "$(id -u)" = 0 ] || { echo "deploy/demo.sh: Postfix starts as root only" >&2; exit 1; }

dir=$(mktemp -d)
chmod 755 "$dir"
pids=()
finish() {
    [ ${#pids[@]} -gt 0 ] && kill "${pids[@]}" 2> /dev/null
    [ -d "$dir/postfix/etc" ] && postfix -c "$dir/postfix/etc" stop > /dev/null 2>&1
    wait 2> /dev/null
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM

say "Building MailProxy"
dotnet build src/MailProxy.Server -c Release -v quiet --nologo

say "Starting Dovecot, Postfix and MailProxy in $dir"
mkdir -p "$dir/dovecot" "$dir/mail" "$dir/postfix/etc" "$dir/postfix/spool" "$dir/postfix/data"
chown nobody:nogroup "$dir/mail"
chown postfix "$dir/postfix/data"
sed -e "s|@DIR@|$dir|g; s|@IMAP@|$dovecot_imap|; s|@POP3@|$dovecot_pop3|; s|@PASSWORD@|$password|" deploy/demo/dovecot.conf > "$dir/dovecot/dovecot.conf"
for file in main.cf master.cf; do sed -e "s|@DIR@|$dir|g; s|@SMTP@|$postfix_smtp|" "deploy/demo/$file" > "$dir/postfix/etc/$file"; done
cat > "$dir/mailproxy.conf" << CONF
events { worker_connections 1024; }
error_log $dir/mailproxy.log info;
mail {
    server_name mail.example.org;
    passdb      sqlite $dir/users.db upstream=\${protocol}_servers;
    auth_http   internal;
    upstream imap_servers { server 127.0.0.1:$dovecot_imap; health_check interval=1s; }
    upstream pop3_servers { server 127.0.0.1:$dovecot_pop3; health_check interval=1s; }
    upstream smtp_servers { server 127.0.0.1:$postfix_smtp; health_check interval=1s; }
    server { listen 127.0.0.1:$imap; protocol imap; proxy_pass imap_servers; }
    server { listen 127.0.0.1:$pop3; protocol pop3; proxy_pass pop3_servers; }
    server { listen 127.0.0.1:$smtp; protocol smtp; proxy_pass smtp_servers; xclient on; }
}
CONF
mailproxy=src/MailProxy.Server/bin/Release/net10.0/mailproxy
echo "$password" | run "$mailproxy" user add "$user" -c "$dir/mailproxy.conf"

dovecot -F -c "$dir/dovecot/dovecot.conf" > "$dir/dovecot/out" 2>&1 & pids+=($!)
postfix -c "$dir/postfix/etc" start-fg > "$dir/postfix/out" 2>&1 & pids+=($!)
ASPNETCORE_URLS=http://127.0.0.1:$http "$mailproxy" -c "$dir/mailproxy.conf" 2> "$dir/mailproxy.out" & pids+=($!)

wait_for() {
    for _ in $(seq 100); do
        (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null && return
        sleep 0.1
    done
    echo "nothing listens on port $1:" >&2
    tail -n 20 "$dir"/*.log "$dir"/*/out "$dir"/*/*log "$dir"/*.out >&2
    exit 1
}
for port in $dovecot_imap $dovecot_pop3 $postfix_smtp $imap $pop3 $smtp $http; do wait_for "$port"; done
# Its first look at the mail servers may have come before they were up.
for _ in $(seq 100); do "$mailproxy" --probe "http://127.0.0.1:$http/readyz" 2> /dev/null && break; sleep 0.1; done

subject="Hello through the proxy, $(date +%s)"
printf 'From: %s@example.org\r\nTo: %s@example.org\r\nSubject: %s\r\n\r\nIt works.\r\n' "$user" "$user" "$subject" > "$dir/message"

say "SMTP: sends a message to $user@example.org, logged in as $user"
run curl -sS --max-time 20 -u "$user:$password" --mail-from "$user@example.org" --mail-rcpt "$user@example.org" -T "$dir/message" "smtp://127.0.0.1:$smtp"

say "IMAP: waits for it and reads it"
for _ in $(seq 100); do
    curl -sS --max-time 20 -u "$user:$password" "imap://127.0.0.1:$imap/INBOX;MAILINDEX=1" > "$dir/read" 2> "$dir/error" && break
    sleep 0.2
done
run curl -sS --max-time 20 -u "$user:$password" "imap://127.0.0.1:$imap/INBOX;MAILINDEX=1"
grep -q "$subject" "$dir/read" || { cat "$dir/error" >&2; echo "the message did not arrive" >&2; exit 1; }

say "POP3: lists the mailbox and reads it as well"
run curl -sS --max-time 20 -u "$user:$password" "pop3://127.0.0.1:$pop3/"
curl -sS --max-time 20 -u "$user:$password" "pop3://127.0.0.1:$pop3/1" | grep -q "$subject" || { echo "POP3 did not deliver it" >&2; exit 1; }

say "A wrong password is refused"
if run curl -sS --max-time 20 -u "$user:wrong" "imap://127.0.0.1:$imap/"; then echo "it was let in" >&2; exit 1; fi

say "What Postfix heard of the client, by XCLIENT"
grep -m 1 'sasl_method=XCLIENT' "$dir/postfix/maillog" || { echo "nothing" >&2; exit 1; }

say "What MailProxy counted (http://127.0.0.1:$http/metrics)"
curl -sS "http://127.0.0.1:$http/metrics" | grep -E '^mailproxy_(logins_total|upstream_server_up|upstream_picks_total|passdb_requests_total)'

say "Whether it is ready for logins (http://127.0.0.1:$http/readyz?verbose)"
curl -fsS "http://127.0.0.1:$http/readyz?verbose" || { echo "it is not ready" >&2; exit 1; }

say "What another proxy would be told (http://127.0.0.1:$http/auth)"
curl -sS -D - -o /dev/null -H 'Auth-Method: plain' -H "Auth-User: $user" -H "Auth-Pass: $password" -H 'Auth-Protocol: imap' \
    -H 'Auth-Login-Attempt: 1' -H 'Client-IP: 192.0.2.1' "http://127.0.0.1:$http/auth" | grep -i '^Auth-'

say "What MailProxy logged"
tail -n 6 "$dir/mailproxy.log"

say "All of it works."
[ -n "$check" ] && exit 0
cat << NEXT

Try next, from another terminal:
  curl -u $user:$password imap://127.0.0.1:$imap/INBOX
  curl http://127.0.0.1:$http/readyz?verbose
  tail -f $dir/mailproxy.log
  the configuration is $dir/mailproxy.conf; kill -HUP ${pids[-1]} reloads it
Ctrl-C ends everything and removes $dir.
NEXT
wait "${pids[-1]}"

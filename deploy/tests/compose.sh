#!/bin/bash
# Starts docker-compose.yml as a project of its own on ports that are free, adds a user, logs in by each protocol, sends a
# message and reads it, looks at the monitoring, and stops MailProxy while a session is relayed. Needs docker with compose and
# curl; COMPOSE_FILE may name an override beside docker-compose.yml. Makes secrets where there are none; removes the rest.
#
#   deploy/tests/compose.sh [SERVICE ...]          default: all of them, grafana and prometheus included
set -euo pipefail
cd "$(dirname "$0")/../.."

services=("$@")
[ $# -gt 0 ] || services=(mailproxy prometheus grafana)
export COMPOSE_PROJECT_NAME=mailproxy-test-$$ COMPOSE_PROFILES=monitoring
export IMAP_PORT=0 IMAPS_PORT=0 POP3_PORT=0 POP3S_PORT=0 SUBMISSION_PORT=0 SUBMISSIONS_PORT=0 HTTP_PORT=0 PROMETHEUS_PORT=0 GRAFANA_PORT=0
. deploy/tests/checks.sh
user=alice@example.org password="it's a \"secret\" \$1"
finish() {
    docker compose down -v -t 5 > /dev/null 2>&1 || true
    rm -rf "$directory"
}
trap finish EXIT

has() { grep -qE "$2" < <(docker logs "$(docker compose ps -q "$1")" 2>&1); }
started() { [[ " ${services[*]} " == *" $1 "* ]]; }

deploy/compose/secrets.sh
check "up" docker compose up -d --build --wait --wait-timeout 300 "${services[@]}"
[ $failed = 0 ] || { docker compose ps -a; docker compose logs --tail 20; exit 1; }

port() { docker compose port "$1" "$2" | sed 's/.*://'; }
find_ports() { imap=$(port mailproxy 1143) imaps=$(port mailproxy 1993) pop3=$(port mailproxy 1110) pop3s=$(port mailproxy 1995) smtp=$(port mailproxy 1587) smtps=$(port mailproxy 1465) http=$(port mailproxy 8080); }
find_ports
client() { curl -sS --max-time 20 --cacert deploy/compose/secrets/tls.crt "$@"; }
as() { local login=$1; shift; client -u "$login" "$@"; }
contains() { local text=$1; shift; grep -qF "$text" < <("$@"); }

printf '%s\n' "$password" | check "a user is added" docker compose exec -T postgres add-user "$user"
check "IMAP with STARTTLS" as "$user:$password" --ssl-reqd "imap://localhost:$imap/"
check "IMAP with TLS" as "$user:$password" "imaps://localhost:$imaps/"
check "POP3 with STLS" as "$user:$password" --ssl-reqd "pop3://localhost:$pop3/"
check "POP3 with TLS" as "$user:$password" "pop3s://localhost:$pop3s/"
check "no password is taken without TLS" refused as "$user:$password" "imap://localhost:$imap/"
check "a wrong password is refused" refused as "$user:wrong" "imaps://localhost:$imaps/"
check "somebody else is refused" refused as "mallory@example.org:$password" "imaps://localhost:$imaps/"

subject="Hello $$ $RANDOM"
printf 'From: %s\r\nTo: %s\r\nSubject: %s\r\n\r\nIt works.\r\n' "$user" "$user" "$subject" > "$directory/message"
send=(--mail-from "$user" --mail-rcpt "$user" -T "$directory/message")
check "SMTP with STARTTLS" as "$user:$password" --ssl-reqd "${send[@]}" "smtp://localhost:$smtp"
check "SMTP with TLS" as "$user:$password" "${send[@]}" "smtps://localhost:$smtps"
check "the message can be read by IMAP" within 20 contains "$subject" as "$user:$password" "imaps://localhost:$imaps/INBOX;MAILINDEX=2"
check "and by POP3" within 20 contains "$subject" as "$user:$password" "pop3s://localhost:$pop3s/1"
check "mail to other domains is refused" refused as "$user:$password" --mail-from "$user" --mail-rcpt x@example.com -T "$directory/message" "smtps://localhost:$smtps"
check "nobody sends without a login" refused client "${send[@]}" "smtps://localhost:$smtps"

own=$(docker compose exec -T mailproxy hostname -i)
check "Postfix was told by XCLIENT who has logged in" has postfix "sasl_method=XCLIENT, sasl_username=$user"
check "Dovecot knows the client" has dovecot "imap-login: Info: Login: user=<$user>"
for address in $own; do
    check "not just MailProxy ($address)" refused has dovecot "Login: user=<$user>.*rip=$address,"
done
check "stdout has the sessions as JSON" has mailproxy "^\{.*\"auth_user\":\"$user\""
check "metrics count the logins" contains 'mailproxy_logins_total{protocol="smtp",method="plain",result="ok"}' client "http://127.0.0.1:$http/metrics"
check "not even root could write to MailProxy's file system" refused docker compose exec -T -u 0 mailproxy touch /tmp/x

if started prometheus; then
    prometheus=http://127.0.0.1:$(port prometheus 9090)
    check "Prometheus scrapes it" within 60 contains '"value":[' client -G --data-urlencode 'query=up{job="mailproxy"} == 1' "$prometheus/api/v1/query"
    check "and has its alert rules" contains MailProxyDown client "$prometheus/api/v1/rules"
fi
if started grafana; then
    grafana=http://127.0.0.1:$(port grafana 3000) admin=admin:$(cat deploy/compose/secrets/grafana_password)
    check "Grafana has the dashboard" within 60 contains '"uid":"mailproxy"' as "$admin" "$grafana/api/dashboards/uid/mailproxy"
    check "and asks Prometheus" within 60 contains '"type":"prometheus"' as "$admin" "$grafana/api/datasources"
fi

# Dovecot comes back with another address.
docker compose rm -sfv dovecot > /dev/null 2>&1
docker compose run -d --no-deps --name "$COMPOSE_PROJECT_NAME-taker" --entrypoint sleep dovecot 60 > /dev/null 2>&1
docker compose up -d --wait --no-deps dovecot > /dev/null 2>&1
docker rm -fv "$COMPOSE_PROJECT_NAME-taker" > /dev/null 2>&1
check "logins go on when Dovecot was replaced" within 40 as "$user:$password" "imaps://localhost:$imaps/"

# A session by openssl, kept open through a pipe.
trap '' PIPE
mkfifo "$directory/in"
openssl s_client -quiet -connect "localhost:$imaps" -CAfile deploy/compose/secrets/tls.crt < "$directory/in" > "$directory/session" 2> /dev/null & client_pid=$!
exec 3> "$directory/in"
printf '1 LOGIN {%d}\r\n' "${#user}" >&3
check "a session begins" within 10 grep -q '^+' "$directory/session"
printf '%s {%d}\r\n' "$user" "${#password}" >&3
check "with literals" within 10 eval '[ "$(grep -c "^+" "$directory/session")" = 2 ]'
printf '%s\r\n' "$password" >&3
check "and is logged in" within 10 grep -q '^1 OK' "$directory/session"
docker compose stop mailproxy > /dev/null 2>&1 & stopping=$!
check "docker compose stop: it is not ready any more" within 10 eval '! docker compose exec -T mailproxy mailproxy --probe http://127.0.0.1:8080/readyz'
printf '2 NOOP\r\n' >&3
check "the session goes on" within 10 grep -q '^2 OK' "$directory/session"
printf '3 LOGOUT\r\n' >&3
check "until its client ends it" within 10 grep -q '^3 OK' "$directory/session"
exec 3>&-
wait $stopping
wait $client_pid || true
check "MailProxy ended with exit code 0" contains '"ExitCode":0' docker compose ps -a --format json mailproxy
docker compose up -d --wait mailproxy > /dev/null 2>&1
find_ports
check "and takes logins again" as "$user:$password" "imaps://localhost:$imaps/"

exit $failed

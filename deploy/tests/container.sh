#!/bin/bash
# Builds the image and runs it as README says: read-only, no root, no capabilities, 256 MB. Probes it, logs in through it to a
# real Dovecot, and sends TERM while a session is relayed. Needs docker and curl; removes all that it makes but the images.
#
#   deploy/tests/container.sh [OPTION ...]          options of docker build
set -euo pipefail
cd "$(dirname "$0")/../.."

name=mailproxy-test-$$ image=mailproxy-test dovecot=mailproxy-test-dovecot password=secret
. deploy/tests/checks.sh
chmod 0755 "$directory"
finish() {
    docker rm -f -v "$name" "$name-dovecot" > /dev/null 2>&1 || true
    docker volume rm "$name" > /dev/null 2>&1 || true
    docker network rm "$name" > /dev/null 2>&1 || true
    rm -rf "$directory"
}
trap finish EXIT

docker build -q "$@" -t $image . > /dev/null
docker build -q "$@" -t $dovecot deploy/compose/dovecot > /dev/null
docker network create "$name" > /dev/null
docker volume create "$name" > /dev/null

# What the image is run with, everywhere below.
hardened=(--read-only --cap-drop ALL --security-opt no-new-privileges --memory 256m)
running=(-d --name "$name" --network "$name" "${hardened[@]}")
probe() { docker exec "$name" mailproxy --probe "http://127.0.0.1:8080/$1"; }
healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$name")" = healthy ]; }
ended() { [ "$(docker inspect -f '{{.State.Status}}' "$name")" = exited ]; }
exit_code() { docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' "$name"; }
status_line() { docker exec "$name" grep -E "^$1:" /proc/1/status | grep -qE "$2"; }

echo "== the configuration of the image"
docker run "${running[@]}" $image > /dev/null
check "it is ready within 10 seconds" within 10 probe readyz
check "it is alive" probe livez
check "a path that is not there is none" refused probe nowhere
check "docker finds it healthy" within 30 healthy
check "it is not root" status_line Uid '\s[1-9][0-9]*\s'
check "it has no capability" status_line CapEff '\s0+$'
check "it cannot get any" status_line NoNewPrivs '\s1$'
for path in /tmp/x /opt/mailproxy/x; do check "not even root could write $path" refused docker exec -u 0 "$name" touch $path; done
check "its volume is not" docker exec "$name" touch /var/lib/mailproxy/x
docker stop "$name" > /dev/null
check "it ends with exit code 0" [ "$(exit_code)" = "0 false" ]
docker rm -v "$name" > /dev/null

echo "== a configuration that is mounted, with users in the volume"
mkdir -p "$directory/conf"
cat > "$directory/conf/mailproxy.conf" << 'CONF'
error_log stderr info;
events { }
mail {
    access_log stdout json;
    passdb     sqlite /var/lib/mailproxy/users.db upstream=${protocol}_servers;
    auth_http  internal;
    upstream imap_servers { resolver 127.0.0.11; server dovecot:143 resolve; health_check interval=1s; }
    upstream pop3_servers { resolver 127.0.0.11; server dovecot:110 resolve; health_check interval=1s; }
    # A port below 1024, which needs no capability where Docker starts the network namespace.
    server { listen 143; protocol imap; proxy_pass imap_servers; }
    server { listen 1110; protocol pop3; proxy_pass pop3_servers; }
}
CONF
cat > "$directory/dovecot.conf" << CONF
log_path = /dev/stderr
protocols = imap pop3
ssl = no
disable_plaintext_auth = no
first_valid_uid = 5000
mail_uid = vmail
mail_gid = vmail
mail_location = maildir:/srv/mail/%n
passdb {
  driver = static
  args = password=$password
}
userdb {
  driver = static
  args = uid=vmail gid=vmail home=/srv/mail/%n allow_all_users=yes
}
CONF
mounted=(-v "$directory/conf:/etc/mailproxy:ro" -v "$name:/var/lib/mailproxy")
docker run -d --name "$name-dovecot" --network "$name" --network-alias dovecot -v "$directory/dovecot.conf:/etc/dovecot/dovecot.conf:ro" \
    $dovecot dovecot -F > /dev/null
check "mailproxy -t" docker run --rm --network none "${hardened[@]}" "${mounted[@]}" $image -t
echo $password | check "mailproxy user add" docker run --rm -i --network none "${hardened[@]}" "${mounted[@]}" $image user add alice

start() {
    docker run "${running[@]}" --sysctl net.ipv4.ip_unprivileged_port_start=0 "${mounted[@]}" -p 127.0.0.1::143 -p 127.0.0.1::1110 "$@" $image > /dev/null
    check "it is ready within 20 seconds" within 20 probe readyz
    imap=$(docker port "$name" 143/tcp | sed 's/.*://') pop3=$(docker port "$name" 1110/tcp | sed 's/.*://')
}
login() { curl -sS --max-time 20 -u "$1" "$2" -o /dev/null; }
export -f login
greeting() { # the answer of the server at port $1, or of a connection that is closed, nothing
    exec 9<> "/dev/tcp/127.0.0.1/$1" || return 1
    local line=; IFS= read -r -t 5 line <&9 || true; exec 9>&-
    [ -n "$line" ]
}
# One session on descriptor $1: logs in and makes sure that the upstream answers.
open_session() {
    eval "exec $1<> /dev/tcp/127.0.0.1/$imap"
    talk "$1" '' '^\* OK' && talk "$1" "1 LOGIN alice $password" '^1 OK' && talk "$1" '2 NOOP' '^2 OK'
}
talk() { # DESCRIPTOR COMMAND PATTERN: whether a line like that comes within 10 seconds
    [ -z "$2" ] || printf '%s\r\n' "$2" >&"$1"
    local line=
    while IFS= read -r -t 10 line <&"$1"; do [[ ! $line =~ $3 ]] || return 0; done
    return 1
}
closed() { # whether the peer of descriptor $1 closes within 20 seconds, whatever it says before
    local line= code=0
    while IFS= read -r -t 20 line <&"$1"; do :; done || code=$?
    [ $code -le 128 ] # above: the time is over
}

start
check "IMAP login" login "alice:$password" "imap://127.0.0.1:$imap/"
check "POP3 login" login "alice:$password" "pop3://127.0.0.1:$pop3/"
check "a wrong password is refused" refused login alice:wrong "imap://127.0.0.1:$imap/"
check "200 logins, 20 at a time" xargs -P 20 -I {} bash -c "login alice:$password imap://127.0.0.1:$imap/" < <(seq 200)
lines() { docker logs "$name" 2> /dev/null; }
logged() { grep -q '"status":"done".*"auth_user":"alice"' < <(lines); }
check "stdout has the sessions" within 5 logged
check "stdout has nothing but JSON" refused grep -qvE '^\{.*\}$' < <(lines)

echo "== TERM while one client has a session and another has not logged in"
check "a session begins" open_session 3
exec 4<> "/dev/tcp/127.0.0.1/$imap"
check "another client is greeted" talk 4 '' '^\* OK'
docker kill -s TERM "$name" > /dev/null
check "who has not logged in is told to come back" talk 4 '' '^\* BYE'
exec 4>&-
check "it is not ready any more" within 5 refused probe readyz
check "but alive" probe livez
check "nobody else is greeted" refused greeting "$imap"
check "the session goes on" talk 3 '3 NOOP' '^3 OK'
check "until its client ends it" talk 3 '4 LOGOUT' '^4 OK'
exec 3>&-
check "then the program ends" within 10 ended
check "with exit code 0" [ "$(exit_code)" = "0 false" ]
docker rm -v "$name" > /dev/null

echo "== TERM with worker_shutdown_timeout, from the environment, and a client that stays"
start -e Mail__WorkerShutdownTimeout=00:00:02
check "a session begins" open_session 3
docker kill -s TERM "$name" > /dev/null
check "the session goes on" talk 3 '3 NOOP' '^3 OK'
check "the session is closed when its time is over" closed 3
exec 3>&-
check "then the program ends" within 10 ended
check "with exit code 0" [ "$(exit_code)" = "0 false" ]

exit $failed

#!/bin/bash
# Checks deploy/systemd/mailproxy.service: systemd understands every line of it, and finds it locked up as far as it can be.
# With the directory of a published native program, and as root, it also installs both as README says, in a copy of this machine
# that is gone afterwards, and has a systemd of its own run them there: login, reload, stop and restart. That needs dovecot and curl.
#
#   deploy/tests/systemd.sh [DIRECTORY]
set -euo pipefail
cd "$(dirname "$0")/../.."

unit=deploy/systemd/mailproxy.service password=secret
program=${1:+$(realpath "$1")}
. deploy/tests/checks.sh
cgroup=mailproxy-test-$$ machine=
finish() {
    if [ -n "$machine" ]; then
        kill -KILL "$machine" 2> /dev/null || true
        wait "$machine" 2> /dev/null || true
        # Its last processes may still be ending.
        within 10 unshare -m bash -c "mount -t cgroup2 none $directory && find $directory/$cgroup -depth -type d -exec rmdir {} +" || true
    fi
    rm -rf --one-file-system "$directory"
}
trap finish EXIT

echo "== what systemd says about it"
# It wants to find the program.
sed 's|/opt/mailproxy/mailproxy|/bin/true|' $unit > "$directory/mailproxy.service"
quietly() { "$@" > "$directory/said" 2>&1 || { cat "$directory/said"; return 1; }; cat "$directory/said"; [ ! -s "$directory/said" ]; }
check "systemd-analyze verify has nothing to say" quietly systemd-analyze verify --man=no "$directory/mailproxy.service"
check "systemd-analyze security finds an exposure below 2.0 of 10" systemd-analyze security --offline=true --no-pager --threshold=20 $unit
[ -n "$program" ] || exit $failed

# The copy: an overlay on this machine's files, in namespaces of its own. Whatever it starts ends with it.
root=$directory/machine
cat > "$directory/start" << START
set -euo pipefail
mount --make-rprivate /
mkdir "$directory/cgroup"
mount -t cgroup2 none "$directory/cgroup"
mkdir "$directory/cgroup/$cgroup"
echo \$\$ > "$directory/cgroup/$cgroup/cgroup.procs"
exec unshare -p -n -i -u -C -f --mount --kill-child bash "$directory/enter"
START
cat > "$directory/enter" << ENTER
set -euo pipefail
ip link set lo up
mkdir -p "$root" "$directory/layer"
mount -t tmpfs none "$directory/layer"
mkdir "$directory/layer/upper" "$directory/layer/work"
mount -t overlay none -o "lowerdir=/,upperdir=$directory/layer/upper,workdir=$directory/layer/work" "$root"
mount -t proc none "$root/proc"
mount -t sysfs none "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
for empty in run tmp etc/mailproxy etc/systemd/system; do mkdir -p "$root/\$empty"; mount -t tmpfs none "$root/\$empty"; done
# Nothing of this machine's own services: an empty target, with what "systemctl enable" puts into it.
printf '[Unit]\nDefaultDependencies=no\n' > "$root/etc/systemd/system/multi-user.target"
exec env -i container=other PATH="$PATH" chroot "$root" /usr/lib/systemd/systemd --system --unit=multi-user.target --log-target=console
ENTER
unshare -m bash "$directory/start" > "$directory/machine.log" 2>&1 &
machine=$!
systemd_of() { systemd=$(pgrep -P "$machine" -x systemd); }
inside() { nsenter -t "$systemd" -a chroot "/proc/$systemd/root" "$@"; }
check "a systemd of its own runs" within 10 systemd_of
check "and can be asked" within 10 inside systemctl is-active multi-user.target
[ $failed = 0 ] || { cat "$directory/machine.log"; exit 1; }

echo "== installed as README says"
# The tmpfs over /tmp hides the program: it is brought in through the machine's root.
mkdir "/proc/$systemd/root/tmp/published" && cp "$program/mailproxy" "$program/libe_sqlite3.so" "$program/libsodium.so" "/proc/$systemd/root/tmp/published"
put() { inside tee "$1" > /dev/null; }
check "the account" inside useradd --system --user-group --home-dir /var/lib/mailproxy --shell /usr/sbin/nologin mailproxy
check "the program" inside install -D -t /opt/mailproxy /tmp/published/mailproxy /tmp/published/libe_sqlite3.so /tmp/published/libsodium.so
put /etc/systemd/system/mailproxy.service < $unit
configuration() { cat << CONF
error_log /var/log/mailproxy/error.log info;
worker_shutdown_timeout 1h;
events { worker_connections 10000; }
mail {
    access_log /var/log/mailproxy/access.log json;
    passdb     sqlite /var/lib/mailproxy/users.db upstream=127.0.0.1:10143;
    auth_http  internal;
    imap_capabilities $1;
    server { listen 143; protocol imap; }
    $2
}
CONF
}
configuration IMAP4rev1 "" | inside install -m 0640 -g mailproxy /dev/stdin /etc/mailproxy/mailproxy.conf
inside mkdir /etc/systemd/system/mailproxy.service.d
printf '[Service]\nEnvironment=DRAIN=3s\n' | put /etc/systemd/system/mailproxy.service.d/override.conf
put /tmp/dovecot.conf << CONF
log_path = /dev/stderr
base_dir = /run/dovecot-test
protocols = imap
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
first_valid_uid = 1
mail_location = maildir:/tmp/mail/%n
service imap-login {
  chroot =
  inet_listener imap {
    port = 10143
  }
}
service anvil {
  chroot =
}
passdb {
  driver = static
  args = password=$password
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/tmp/mail/%n allow_all_users=yes
}
CONF
inside install -d -o nobody /tmp/mail
check "Dovecot" inside systemd-run -q --unit=dovecot-test dovecot -F -c /tmp/dovecot.conf
inside systemctl daemon-reload
check "systemctl enable --now, which waits for READY=1" inside systemctl enable --now mailproxy
status() { inside systemctl show -P "$1" mailproxy; }
main=$(status MainPID)
has() { inside grep -qE "^$1:\s$2" "/proc/$main/status"; }
check "it is active" [ "$(status ActiveState)" = active ]
check "not as root" refused has Uid 0
check "with one capability, for ports below 1024" has CapEff 0000000000000400
check "and no other to be had" has CapBnd 0000000000000400
check "without new privileges" has NoNewPrivs 1
check "behind a filter of system calls" has Seccomp 2
limit=$(($(ulimit -H -n) < 65536 ? $(ulimit -H -n) : 65536)) # no more than this machine has
check "with $limit descriptors" inside grep -qE "open files +$limit +$limit" "/proc/$main/limits"
check "what is its own can be written" inside touch "/proc/$main/root/var/lib/mailproxy/x"
for path in /etc/mailproxy/x /opt/mailproxy/x /usr/x; do check "not even root could write $path" refused inside touch "/proc/$main/root$path"; done
check "it is ready" within 10 inside /opt/mailproxy/mailproxy --probe http://127.0.0.1:9143/readyz
check "metrics are there" inside curl -sSf -o /dev/null http://127.0.0.1:9143/metrics
echo $password | check "mailproxy user add" inside runuser -u mailproxy -- /opt/mailproxy/mailproxy user add alice
login() { inside curl -sS --max-time 20 -u "$1" imap://127.0.0.1/ -o /dev/null; }
check "login" login alice:$password
check "a wrong password is refused" refused login alice:wrong
check "a line in the access log" within 5 inside grep -q '"auth_user":"alice"' /var/log/mailproxy/access.log

echo "== systemctl reload"
offers() { inside bash -c 'exec 3<> /dev/tcp/127.0.0.1/143; read -r <&3; printf "a CAPABILITY\r\n" >&3; read -r answer <&3; grep -q "$1" <<< "$answer"' - "$1"; }
configuration "IMAP4rev1 X-NEW" "server { listen 110; protocol pop3; }" | put /etc/mailproxy/mailproxy.conf
check "takes a good configuration" inside systemctl reload mailproxy
check "which is in force" within 5 offers X-NEW
check "with another port below 1024" inside bash -c '< /dev/tcp/127.0.0.1/110'
echo 'nonsense;' | put /etc/mailproxy/mailproxy.conf
check "refuses a bad one" refused inside systemctl reload mailproxy
check "and the program goes on" login alice:$password
check "as the same process" [ "$(status MainPID)" = "$main" ]
configuration IMAP4rev1 "" | put /etc/mailproxy/mailproxy.conf

echo "== kill -9"
inside kill -KILL "$main"
again() { [ "$(status ActiveState)" = active ] && [ "$(status MainPID)" != "$main" ]; }
check "it is started again" within 15 again
check "login" login alice:$password

echo "== systemctl stop while a session is relayed"
# Says when it has a session, asks a second later, and says when it is closed.
inside bash -c '
    exec 3<> /dev/tcp/127.0.0.1/143
    talk() { printf "%s\r\n" "$1" >&3; while IFS= read -r -t 10 line <&3; do [[ ! $line =~ $2 ]] || return 0; done; return 1; }
    talk "1 LOGIN alice '$password'" "^1 OK" && echo open || exit 1
    until ! /opt/mailproxy/mailproxy --probe http://127.0.0.1:9143/readyz 2> /dev/null; do sleep 0.1; done
    talk "2 NOOP" "^2 OK" && echo alive
    while IFS= read -r -t 20 line <&3; do :; done; [ $? -le 128 ] && echo closed' > "$directory/session" 2>&1 &
session=$!
check "a session begins" within 10 grep -q open "$directory/session"
began=$SECONDS
check "systemctl stop" inside systemctl stop mailproxy
took=$((SECONDS - began))
wait $session || true
check "the session goes on" grep -q alive "$directory/session"
check "until DRAIN is over" [ $took -ge 3 ]
check "and is closed then" grep -q closed "$directory/session"
check "which is a success" [ "$(status Result) $(status ExecMainStatus) $(status ActiveState)" = "success 0 inactive" ]
check "and in the access log" inside grep -q '"status":"shutdown"' /var/log/mailproxy/access.log

[ $failed = 0 ] || tail -n 20 "$directory/machine.log"
exit $failed

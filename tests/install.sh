#!/bin/bash
# Installs on Debian what the functional tests start or run as clients. Quick when all of it is there; starts no service.
set -euo pipefail

packages=(
    dovecot-imapd dovecot-pop3d dovecot-lmtpd postfix   # the mail servers behind the proxy
    nginx libnginx-mod-mail                             # what the proxy is compared with
    postgresql slapd                                    # directories of users; slapd brings libldap
    haproxy                                             # reads PROXY headers
    prometheus                                          # scrapes the program, checks metrics and alert rules
    systemd                                             # checks the unit
    curl swaks isync                                    # clients
    gcc libc6-dev                                       # link the native program
)

missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" != 0 ]; then
    echo "tests/install.sh: needs root to install: ${missing[*]}" >&2
    exit 1
fi

# Packages that are installed for tests start no service, also where something would start them.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -q -y -o DPkg::Lock::Timeout=600)
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"

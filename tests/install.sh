#!/bin/bash
# Installs on Debian what the functional tests start or run as clients. Quick when all of it is there; starts no service.
set -euo pipefail

packages=(
    dovecot-imapd dovecot-pop3d dovecot-lmtpd postfix   # the mail servers behind the proxy
    nginx libnginx-mod-mail                             # what the proxy is compared with
    postgresql slapd                                    # directories of users; slapd brings libldap
    haproxy                                             # reads PROXY headers
    prometheus                                          # scrapes the program, checks metrics and alert rules
    acl                                                 # lets an account read a key
    systemd                                             # checks the unit
    strace                                              # makes system calls fail
    curl swaks isync offlineimap3                       # clients
    gcc libc6-dev                                       # link the native program
)

missing=() missing_layers=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
# Mail servers that cannot be installed beside those above: each layer is what their packages add to a copy of this machine
# (see tests/MailProxy.FunctionalTests/Servers/CopiedMachine.cs).
layers=/var/cache/mailproxy-tests
for layer in opensmtpd-courier exim-cyrus; do [ -e "$layers/$layer/complete" ] || missing_layers+=("$layer"); done
[ ${#missing[@]} -eq 0 ] && [ ${#missing_layers[@]} -eq 0 ] && exit 0

if [ "$(id -u)" != 0 ]; then
    echo "tests/install.sh: needs root to install: ${missing[*]} ${missing_layers[*]}" >&2
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
[ ${#missing[@]} -eq 0 ] || "${apt[@]}" install --no-install-recommends "${missing[@]}"

add_layer() {
    local layer=$layers/$1 packages=("${@:2}")
    [ ! -e "$layer/complete" ] || return 0
    rm -rf --one-file-system "$layer"
    mkdir -p "$layer"/{files,work,machine}
    # shellcheck disable=SC2016
    unshare -m --propagation private bash -euc '
        layer=$1; shift
        mount -t overlay none -o "lowerdir=/,upperdir=$layer/files,workdir=$layer/work" "$layer/machine"
        mount -t proc none "$layer/machine/proc"
        mount --rbind /dev "$layer/machine/dev"
        exec chroot "$layer/machine" "$@"' - "$layer" "${apt[@]}" install --no-install-recommends "${packages[@]}"
    rm -rf --one-file-system "$layer"/{work,machine} "$layer"/files/{tmp,var/cache,var/lib/apt,usr/share/doc,usr/share/man}
    touch "$layer/complete"
}
add_layer opensmtpd-courier opensmtpd courier-imap courier-pop courier-authlib-userdb
add_layer exim-cyrus exim4-daemon-heavy cyrus-imapd cyrus-pop3d sasl2-bin libsasl2-modules

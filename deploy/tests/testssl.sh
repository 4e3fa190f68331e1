#!/bin/bash
# Looks at TLS as the program does it by default, with testssl.sh (Debian's package of that name): implicit TLS and
# STARTTLS, in all three protocols. A finding above LOW is a failure. Takes a quarter of an hour, so it is run by hand.
#
#   deploy/tests/testssl.sh [PROGRAM]         the program; default: the Release build
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
program=${1:-$root/src/MailProxy.Server/bin/Release/net10.0/mailproxy}
directory=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill "$pid"; rm -rf "$directory"' EXIT
cd "$directory"

key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
openssl req -x509 "${key[@]}" -keyout ca.key -out ca.pem -subj /CN=TestCA -days 300 2> /dev/null
openssl req "${key[@]}" -keyout server.key -out server.csr -subj /CN=localhost 2> /dev/null
cat > extensions <<EOF
subjectAltName=DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth
keyUsage=critical,digitalSignature
basicConstraints=CA:FALSE
authorityInfoAccess=OCSP;URI:http://ocsp.test/
EOF
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 90 -extfile extensions -out server.pem 2> /dev/null

# Ports that are free now; nobody else is expected to take them meanwhile.
ports=($(python3 -c 'import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(6)]
print(*[s.getsockname()[1] for s in sockets])'))
targets=("imap ssl" "imap starttls" "pop3 ssl" "pop3 starttls" "smtp ssl" "smtp starttls")
{
    echo "pid $directory/pid; error_log $directory/error.log info; events { }"
    echo "mail { auth_http 127.0.0.1:9/; server_name localhost; ssl_certificate server.pem; ssl_certificate_key server.key;"
    for i in "${!targets[@]}"; do
        read -r protocol form <<< "${targets[i]}"
        if [ "$form" = ssl ]; then echo "server { listen 127.0.0.1:${ports[i]} ssl; protocol $protocol; }"
        else echo "server { listen 127.0.0.1:${ports[i]}; protocol $protocol; starttls on; }"; fi
    done
    echo "}"
} > mailproxy.conf
ASPNETCORE_URLS=http://127.0.0.1:0 "$program" -c "$directory/mailproxy.conf" > out.log 2>&1 &
pid=$!
for _ in $(seq 100); do [ -s pid ] && break; sleep 0.1; done

failed=0
for i in "${!targets[@]}"; do
    read -r protocol form <<< "${targets[i]}"
    options=(--quiet --color 0 --warnings off --add-ca ca.pem --severity MEDIUM --jsonfile "$i.json")
    [ "$form" = starttls ] && options+=(-t "$protocol")
    timeout 900 testssl "${options[@]}" "localhost:${ports[i]}" > "$i.txt" 2>&1 < /dev/null || true
    if ! grep -q "Rating\|Done" "$i.txt"; then echo "FAILED: $protocol $form: testssl.sh did not finish"; tail -3 "$i.txt"; failed=1; continue; fi
    findings=$(python3 - "$i.json" <<'EOF'
import json, sys
for finding in json.load(open(sys.argv[1])):
    if finding["severity"] in ("MEDIUM", "HIGH", "CRITICAL"): print(f'  {finding["severity"]} {finding["id"]}: {finding["finding"]}')
EOF
)
    if [ -n "$findings" ]; then echo "FAILED: $protocol $form"; echo "$findings"; failed=1; else echo "ok: $protocol $form: nothing above LOW"; fi
done
exit $failed

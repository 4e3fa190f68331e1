# What the scripts beside it share; to be sourced. A scratch directory, which they remove, and checks that say how they went.
directory=$(mktemp -d)
failed=0
ok() { echo "ok: $*"; }
fail() { echo "FAILED: $*"; failed=1; }
check() { # WHAT COMMAND...: shows the end of its output where it fails
    local what=$1; shift
    if "$@" > "$directory/output" 2>&1; then ok "$what"; else fail "$what"; tail -n 20 "$directory/output"; fi
}
refused() { ! "$@"; }
within() { # SECONDS COMMAND...: tries until it succeeds; shows the output of the last time where it does not
    local end=$((SECONDS + $1)); shift
    until "$@" > "$directory/last" 2>&1; do [ $SECONDS -lt $end ] || { cat "$directory/last"; return 1; }; sleep 0.1; done
}

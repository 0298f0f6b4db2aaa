# What the benchmarks share: a Temporal, a worker, and the end of both. Sourced by each; needs the Temporal CLI and jq.

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
godwit=$home/godwit
temporal=${GODWIT_TEMPORAL_CLI:-temporal}
pairs=${PAIRS:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/godwit-bench.XXXXXX")
started=()
exec 9>&2 # errors are told there, also from within a block whose output goes to a log

say() { echo "$*" >&9; }
fail() { say "$(basename "$0"): $*"; exit 1; }

# Ends what was started here, by its pid, and removes what it left.
end() {
    local status=$? pid
    [ "$status" -eq 0 ] || tail -n 15 "$work"/*.log >&9
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${started[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# cpu_of PID...: milliseconds of CPU that these processes, their children, and those of them that have ended, have used
cpu_of() {
    local pid children
    for pid in "$@"; do
        children=$(cat /proc/"$pid"/task/*/children 2>/dev/null || true)
        for child in $pid $children; do
            # One that has ended meanwhile has no figures any more.
            { sed 's/.*) //' "/proc/$child/stat" 2>/dev/null || true; } |
                awk -v own="$([ "$child" = "$pid" ] && echo 1)" '{print ($12 + $13 + (own ? $14 + $15 : 0)) * 10}'
        done
    done | awk '{sum += $1} END {print sum + 0}'
}

# begin LOG COMMAND...: runs it in the background; its pid is in $!
begin() {
    local log=$1
    shift
    : >"$work/$log" # now, not when the process gets to it: someone may look for a line of this one
    "$@" >>"$work/$log" 2>&1 &
    started+=($!)
}

# await SECONDS WHAT COMMAND...: until the command succeeds
await() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$what: not within its time; see $work (kept with KEEP=1)"
        sleep 0.1
    done
}

# The launcher builds where sources have changed; that is no part of any figure.
build() { "$godwit" --version >/dev/null; }

# start_temporal [--ui-port PORT]: a real server with a database file, as users have it on one machine
start_temporal() {
    build
    [ $# -gt 0 ] || set -- --headless
    unset "${!TEMPORAL_@}"
    local port
    port=$(free_port)
    export TEMPORAL_ADDRESS=127.0.0.1:$port
    begin temporal.log "$temporal" server start-dev "$@" --ip 127.0.0.1 --port "$port" \
        --db-filename "$work/temporal.db" --log-level error
    await 60 "Temporal" "$temporal" operator namespace describe default
}

# start_worker [OPTION...]: a worker of its own state; returns when it polls
start_worker() {
    mkdir -p "$work/state" "$work/plans"
    begin worker.log "$godwit" worker --state "$work/state" --plans "$work/plans" "$@"
    worker=$!
    await 60 "the worker" grep -q 'worker ready' "$work/worker.log"
}

# took WORKFLOW_ID: milliseconds between beginning and end, by the server's clock; fails if it did not complete
took() {
    "$temporal" workflow describe --workflow-id "$1" --output json | jq -er '
        def ms: capture("(?<s>.*?)(\\.(?<f>[0-9]+))?Z$") | (.s + "Z" | fromdate) * 1000
            + ((.f // "0") + "000" | .[0:3] | tonumber);
        .workflowExecutionInfo
        | if .status != "WORKFLOW_EXECUTION_STATUS_COMPLETED" then error("it is " + .status) else . end
        | (.closeTime | ms) - (.startTime | ms)'
}

median() { sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# now: milliseconds of the clock
now() { echo $(($(date +%s%N) / 1000000)); }

# The JDK that the launcher takes.
java_of() {
    local jdk
    for jdk in "${GODWIT_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*; do
        if [ -r "$jdk/release" ] && [ "$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$jdk/release")" -ge 21 ]; then
            echo "$jdk/bin/java"
            return
        fi
    done
    fail "needs a JDK 21 or newer; name its directory in JAVA_HOME"
}

# What a figure is worth: whether the machine was quiet.
machine() {
    say "load $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) CPUs ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)), $(date -u +%F)"
}

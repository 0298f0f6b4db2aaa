#!/usr/bin/env bash
# P14: start. 'godwit status' as a new process, against 'temporal workflow list'; and a new worker until it polls.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

machine
start_temporal
start_worker

# What both list: some runs that ended at once, because they name no plan that there is.
for i in 1 2 3 4 5; do
    "$temporal" workflow execute --type Migration --task-queue godwit --workflow-id "none/$i" \
        --input '{"plan": "none"}' >/dev/null 2>&1 || true
done

time_of() { # time_of COMMAND...: milliseconds
    local began
    began=$(now)
    "$@" >"$work/answer" 2>&1
    echo $(($(now) - began))
}

# How long a worker takes until its task queue has a poller.
worker_start() {
    local began line
    began=$(now)
    coproc STARTING { exec "$godwit" worker --state "$work/state" --plans "$work/plans" 2>&1; }
    local pid=$STARTING_PID
    started+=("$pid")
    while read -r line <&"${STARTING[0]}"; do
        [[ $line == *"worker ready"* ]] && break
    done
    echo $(($(now) - began))
    kill "$pid"
    wait "$pid" 2>/dev/null || true
}

"$godwit" status >/dev/null 2>&1 # the class archives are there
worker_start >/dev/null
for i in $(seq "$pairs"); do
    a=$(time_of "$godwit" status)
    b=$(time_of "$temporal" workflow list)
    c=$(worker_start)
    echo "$a" >>"$work/ours"
    echo "$b" >>"$work/peers"
    echo "$c" >>"$work/workers"
    awk "BEGIN {print $a / $b}" >>"$work/ratios"
    say "  pair $i: godwit status $a ms, temporal workflow list $b ms; worker ready after $c ms"
done
echo "P14 ratio $(median <"$work/ratios") (godwit status $(median <"$work/ours") ms, temporal workflow list" \
    "$(median <"$work/peers") ms; worker polls after $(median <"$work/workers") ms, $pairs pairs)"

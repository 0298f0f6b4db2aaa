#!/usr/bin/env bash
# P16: history events of a run, against the same run on a tenth of the data.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

sessions=${SESSIONS:-4000}
machine
start_temporal
mkdir -p "$work/plans"
cp "$home/examples/license-plate/plan.yaml" "$work/plans/license-plate-v2.yaml"
start_worker
java=$(java_of)

# events SESSIONS NAME: the events of a run on so much data, and of its phases; then of those the ones of workflow tasks,
# whose number depends on which signals happen to arrive together
events() {
    local home_of=$work/$2 v1_port v1
    mkdir -p "$home_of/backups" "$home_of/reports"
    v1_port=$(free_port)
    "$java" "$home/examples/license-plate/generator/Generate.java" "$home_of/v1" --sessions "$1" >/dev/null
    cd "$home_of/v1" && PORT=$v1_port begin "$2.log" "$java" V1.java
    v1=$!
    cd "$home"
    await 60 V1 curl -fs "http://127.0.0.1:$v1_port/health"
    "$godwit" start license-plate-v2 --target "$2" --param "home=$home_of/v1" --param "v2_home=$home_of/v2" \
        --param "v2_source=$home/examples/license-plate/v2" --param "backups=$home_of/backups" \
        --param "reports=$home_of/reports" --param "v1_port=$v1_port" --param "v2_port=$(free_port)" \
        --param "java=$java" --param "driver=$(echo "$home"/worker/target/lib/sqlite-jdbc-*.jar)" >"$work/$2.run" 2>&1 ||
        { cat "$work/$2.run" >&9; fail "the run on $1 sessions failed"; }
    kill "$v1"
    # V2 outlives its worker, and is of no more use.
    local v2
    for v2 in $(v2_of "$home_of/v2"); do kill "$v2"; done
    history "license-plate-v2/$2" >"$work/$2.events"
    echo "$(wc -l <"$work/$2.events") $(grep -vc WORKFLOW_TASK "$work/$2.events")"
}

# The process whose working directory that is.
v2_of() {
    local process
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/cwd" 2>/dev/null)" != "$1" ] || echo "${process#/proc/}"
    done
}

# The type of each event of a workflow and of its children.
history() {
    local child
    "$temporal" workflow show --workflow-id "$1" --output json >"$work/history.json"
    jq -r '.events[].eventType' "$work/history.json"
    for child in $(jq -r '.events[].childWorkflowExecutionStartedEventAttributes // empty
            | .workflowExecution.workflowId' "$work/history.json"); do
        "$temporal" workflow show --workflow-id "$child" --output json | jq -r '.events[].eventType'
    done
}

for i in $(seq "$pairs"); do
    read -r a aside < <(events "$sessions" "whole-$i")
    read -r b bside < <(events $((sessions / 10)) "tenth-$i")
    echo "$a" >>"$work/ours"
    echo "$b" >>"$work/peers"
    awk "BEGIN {print $a / $b}" >>"$work/ratios"
    awk "BEGIN {print $aside / $bside}" >>"$work/asides"
    say "  pair $i: $sessions sessions $a events ($aside without workflow tasks), $((sessions / 10)) sessions $b ($bside)"
done
echo "P16 ratio $(median <"$work/ratios") ($(median <"$work/ours") events for $sessions sessions," \
    "$(median <"$work/peers") for $((sessions / 10)); without workflow tasks $(median <"$work/asides"), $pairs pairs)"

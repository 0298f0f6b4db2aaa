#!/usr/bin/env bash
# P12: 50 empty steps in a plan, against 50 bare activities one after the other on the same Temporal server.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

steps=${STEPS:-50}
machine
start_temporal
start_worker
begin bare.log "$(java_of)" -cp "$home/worker/target/godwit-worker.jar" "$home/bench/BareActivities.java"
await 60 "the peer's worker" grep -q 'worker ready' "$work/bare.log"

# The cheapest real step: nothing is asked of an empty directory, so it has nothing to look at.
mkdir -p "$work/empty"
{
    echo 'name: empty'
    echo "target: '\${{ .params.home }}'"
    echo 'parameters: {home: {type: path, required: true}}'
    echo "resources: {home: {kind: directory, path: '\${{ .params.home }}'}}"
    echo 'phases:'
    echo '  - name: only'
    echo '    steps:'
    for i in $(seq "$steps"); do
        echo "      - {name: step_$i, uses: check.files, with: {in: home}}"
    done
} >"$work/plans/empty.yaml"

ours() {
    "$temporal" workflow execute --type Migration --task-queue godwit --workflow-id "empty/$work/empty" \
        --input "{\"plan\": \"empty\", \"parameters\": {\"home\": \"$work/empty\"}}" >/dev/null 2>&1
    took "empty/$work/empty"
}

peers() {
    "$temporal" workflow execute --type Bare --task-queue bare --workflow-id "bare-$1" --input "$steps" >/dev/null
    took "bare-$1"
}

for i in 1 2 3; do # both workers warm
    ours >/dev/null
    peers "warm-$i" >/dev/null
done
for i in $(seq "$pairs"); do
    a=$(ours)
    b=$(peers "$i")
    echo "$a" >>"$work/ours"
    echo "$b" >>"$work/peers"
    awk "BEGIN {print $a / $b}" >>"$work/ratios"
    say "  pair $i: $steps steps $a ms, $steps bare activities $b ms"
done
echo "P12 ratio $(median <"$work/ratios") (Godwit $(median <"$work/ours") ms, bare $(median <"$work/peers") ms, $pairs pairs)"

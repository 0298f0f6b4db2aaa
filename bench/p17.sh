#!/usr/bin/env bash
# P17: documents that are written again after a worker was killed with SIGKILL in the middle of a copy, in batches.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

sessions=${SESSIONS:-20000}
batch=${BATCH:-200}
kills=${KILLS:-$pairs}
machine
start_temporal
mkdir -p "$work/plans" "$work/to"
cat >"$work/plans/copy.yaml" <<END
name: copy
target: all
parameters: {from: {type: path, required: true}, to: {type: path, required: true}}
resources:
  from: {kind: directory, path: '\${{ .params.from }}'}
  to: {kind: directory, path: '\${{ .params.to }}'}
phases:
  - name: copy
    steps:
      - name: documents
        uses: copy.documents
        heartbeat: 3s
        with: {from: from, to: 'to:documents', document: '. + {copied: true}', batch: $batch}
END
"$(java_of)" "$home/examples/license-plate/generator/Generate.java" "$work/v1" --sessions "$sessions" >/dev/null
start_worker

# Each name in the target with what changes when it is written again; temporary names too.
written() { find "$work/to/documents" -type f -printf '%f %i %C@\n' 2>/dev/null | sort; }
at_least() { [ "$(find "$work/to/documents" -type f 2>/dev/null | wc -l)" -ge "$1" ]; }

"$temporal" workflow start --type Migration --task-queue godwit --workflow-id copy/all \
    --input "{\"plan\": \"copy\", \"parameters\": {\"from\": \"$work/v1/data/license_plates\", \"to\": \"$work/to\"}}" \
    >/dev/null
for i in $(seq "$kills"); do
    # Somewhere in this part of the copy, wherever a batch stands then.
    await 120 "part $i of the copy" at_least $((sessions * i / (kills + 1) + RANDOM % batch))
    kill -KILL "$worker"
    wait "$worker" 2>/dev/null || true
    written >"$work/before-$i"
    start_worker
done
ended() { "$temporal" workflow describe --workflow-id copy/all --output json |
    jq -e '.workflowExecutionInfo.status != "WORKFLOW_EXECUTION_STATUS_RUNNING"'; }
await 300 "the end of the copy" ended
took copy/all >/dev/null
written >"$work/after"
[ "$(wc -l <"$work/after")" -eq "$sessions" ] || fail "not every document was copied once"
for i in $(seq "$kills"); do
    again=$(comm -23 "$work/before-$i" "$work/after" | wc -l)
    echo "$again" >>"$work/again"
    awk "BEGIN {print $again / $batch}" >>"$work/ratios"
    say "  kill $i: $(wc -l <"$work/before-$i") documents there, $again of them written again (a batch is $batch)"
done
echo "P17 ratio $(sort -n "$work/ratios" | tail -n 1) at most, median $(median <"$work/ratios")" \
    "(documents written again after a SIGKILL, over a batch of $batch; $kills kills)"
[ "$(sort -n "$work/again" | tail -n 1)" -le "$batch" ] || fail "more than a batch was written again"

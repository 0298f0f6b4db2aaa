#!/usr/bin/env bash
# P18 and P19: the webhooks of examples/smart-parking move from one container to another and back, again and again, while
# devices send 200 uplinks a second. P18: how many failed, how many are lost, and the longest time without an answer. P19:
# the time from the word to roll back to the old version's first answer. RUNS is how often, DEVICES how many.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

runs=${RUNS:-10}
example=$home/examples/smart-parking
name=godwit-bench-$$
for command in docker python3 pg_dump; do
    command -v "$command" >/dev/null || fail "needs $command"
done
machine
trap 'status=$?; "$example/stop" "$work/system" >>"$work/system.log" 2>&1 || true; (exit "$status"); end' EXIT
"$example/start" "$work/system" --name "$name" --rate 200 --devices "${DEVICES:-200}" >"$work/system.log" 2>&1 ||
    fail "the system does not start; see $work/system.log (kept with KEEP=1)"
start_temporal
GODWIT_SECRETS_DIR=$work/system/secrets start_worker

parameters=(--param first_watch=1s --param second_watch=1s --param third_watch=1s --param look=1s
    --param webhook_limit=10000 --param query_limit=10000)
while read -r parameter; do parameters+=(--param "$parameter"); done <"$work/system/parameters"
run=smart-parking-v6/$name

# answered_elsewhere ADDRESS SINCE: milliseconds from SINCE to the end of the first request that was sent after it and
# answered at another address; one gets a new address each time it joins
answered_elsewhere() {
    python3 - "$work/system/notes/frames.jsonl" "$1" "$2" <<'END'
import json, sys
notes, address, since = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(notes) as lines:
    answers = [n["at"] * 1000 + n["ms"] for n in map(json.loads, (line for line in lines if line.endswith("\n")))
               if n["status"] == 200 and n["address"] != address and n["at"] * 1000 >= since]
print(round(min(answers) - since))
END
}

for i in $(seq "$runs"); do
    status=0
    "$godwit" start "$example/plan.yaml" "${parameters[@]}" --output json >"$work/start.json" 2>>"$work/start.log" || status=$?
    [ "$status" = 4 ] || fail "run $i ended with $status, and should wait to finalize; see $work/start.log (kept with KEEP=1)"
    new=$(docker inspect -f "{{(index .NetworkSettings.Networks \"$name-network\").IPAddress}}" "$name-api-v6")
    began=$(now)
    "$godwit" rollback "$run" >>"$work/start.log" 2>&1
    status=0
    "$godwit" watch "$run" --output json >"$work/back.json" 2>>"$work/start.log" || status=$?
    [ "$status" = 3 ] || fail "the rollback of run $i ended with $status; see $work/start.log (kept with KEEP=1)"
    back=$(answered_elsewhere "$new" "$began")
    echo "$back" >>"$work/back"
    say "  run $i: back after $back ms"
done
account=$("$example/account" "$work/system" 2>>"$work/system.log") || say "$account"
jq -r '"P18 \(.failed) failed, \(.lost) lost of \(.sent) uplinks; longest gap \(.longest_gap_ms) ms, at \(.longest_gap_at)"' <<<"$account"
echo "P19 $(median <"$work/back") ms ($(sort -n "$work/back" | tail -n 1) at most) from the word to the old version's answer, command included ($runs rollbacks)"

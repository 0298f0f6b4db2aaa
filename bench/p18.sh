#!/usr/bin/env bash
# P18 and P19: the webhooks of examples/smart-parking move from one container to another and back, again and again, while
# devices send 200 uplinks a second. P18: how many failed, how many are lost, and the longest time without an answer. P19:
# the time from the word to roll back to the old version's first answer. RUNS is how often, DEVICES how many; with
# DATA=memory PostgreSQL does not wait for the disk.
#
# An uplink is answered when it is committed, so nobody is answered while the disk does not answer, or the processors are
# taken away, as a host does with a guest's. A witness writes and syncs a page of its own all the time, and notes when
# that, and a pause of 20 ms, takes longer than it should; what of a gap it had to wait for, too, is told apart, and so
# is the longest gap before the first run.
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
"$example/start" "$work/system" --name "$name" --rate 200 --devices "${DEVICES:-200}" --data "${DATA:-disk}" >"$work/system.log" 2>&1 ||
    fail "the system does not start; see $work/system.log (kept with KEEP=1)"
start_temporal
GODWIT_SECRETS_DIR=$work/system/secrets start_worker

begin witness.log python3 -c '
import os, sys, time
page = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
while True:
    began = time.time()
    os.pwrite(page, b"0" * 4096, 0)
    os.fdatasync(page)
    time.sleep(0.02)
    if (took := time.time() - began - 0.02) > 0.05:
        print(f"{began:.3f} {took:.3f}", flush=True)
' "$work/witness"

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

# gaps SINCE [UNTIL]: the longest, and the longest that remains without the times in which the witness waited, in ms; and
# when the longest began
gaps() {
    python3 - "$work/system/notes/frames.jsonl" "$work/witness.log" "$1" "${2:-inf}" <<'END'
import json, sys, time
since, until = float(sys.argv[3]), float(sys.argv[4])
with open(sys.argv[1]) as lines:
    answers = sorted(n["at"] + n["ms"] / 1000
                     for n in map(json.loads, (line for line in lines if line.endswith("\n"))) if n["status"] == 200)
with open(sys.argv[2]) as lines:
    waited = [(began, began + took) for began, took in (map(float, line.split()) for line in lines)]
pairs = [pair for pair in zip(answers, answers[1:]) if since <= pair[0] <= until]
apart = [end - begin - sum(max(0, min(end, w[1]) - max(begin, w[0])) for w in waited) for begin, end in pairs]
longest, begin = max((end - begin, begin) for begin, end in pairs)
print(round(1000 * longest), round(1000 * max(apart)), time.strftime("%H:%M:%S", time.gmtime(begin)))
END
}

began=$(date +%s.%N)
sleep 20 # Nothing happens.
moved=$(date +%s.%N)
read -r still still_apart _ <<<"$(gaps "$began" "$moved")"
for i in $(seq "$runs"); do
    status=0
    run_began=$(date +%s.%N)
    "$godwit" start "$example/plan.yaml" "${parameters[@]}" --output json >"$work/start.json" 2>>"$work/start.log" || status=$?
    [ "$status" = 4 ] || fail "run $i ended with $status, and should wait to finalize; see $work/start.log (kept with KEEP=1)"
    new=$(docker inspect -f "{{(index .NetworkSettings.Networks \"$name-network\").IPAddress}}" "$name-api-v6")
    asked=$(now)
    "$godwit" rollback "$run" >>"$work/start.log" 2>&1
    status=0
    "$godwit" watch "$run" --output json >"$work/back.json" 2>>"$work/start.log" || status=$?
    [ "$status" = 3 ] || fail "the rollback of run $i ended with $status; see $work/start.log (kept with KEEP=1)"
    back=$(answered_elsewhere "$new" "$asked")
    echo "$back" >>"$work/back"
    read -r longest apart when <<<"$(gaps "$run_began")"
    say "  run $i: back after $back ms; longest gap $longest ms, at $when, $apart ms without the machine's"
done
read -r longest apart _ <<<"$(gaps "$moved")"
account=$("$example/account" "$work/system" 2>>"$work/system.log") || say "$account"
jq -r '"P18 \(.failed) failed, \(.lost) lost of \(.sent) uplinks; longest gap \(.longest_gap_ms) ms, at \(.longest_gap_at)"' <<<"$account"
echo "P18 longest gap of all runs $longest ms, $apart ms without the machine's; of 20 s before, in which nothing happened, $still ms and $still_apart ms"
echo "P19 $(median <"$work/back") ms ($(sort -n "$work/back" | tail -n 1) at most) from the word to the old version's answer, command included ($runs rollbacks)"

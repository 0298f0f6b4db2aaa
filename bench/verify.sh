# What the benchmarks of verify.table share. Sourced after lib.sh.

execute() {
    "$temporal" workflow execute --type Migration --task-queue godwit --workflow-id "$1/all" --input "{\"plan\": \"$1\"}" \
        >"$work/run.log" 2>&1 && grep -q '"state":"completed"' "$work/run.log"
}

newest() { find "$work/state/evidence" "$@" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-; }

# step_millis PLAN: runs a plan with one step; milliseconds of the step, as its worker reports them
step_millis() {
    execute "$1" || fail "the run $1 failed; see $work/run.log (kept with KEEP=1)"
    jq -er '.phases[].steps[0].millis' "$(newest -name report.json)"
}

# finds ROWS: fails unless the plan verify finds exactly so many rows that differ
finds() {
    execute verify && fail "the planted differences were not found"
    local found
    found=$(newest -name differences.jsonl)
    [ "$(wc -l <"$found")" -eq "$1" ] || fail "not exactly the $1 planted differences were found: $(head -n 20 "$found")"
}

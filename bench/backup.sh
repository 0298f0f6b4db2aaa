# What the benchmarks of backups share: the data, and a warm worker that backs it up. Sourced after lib.sh.

sessions=${SESSIONS:-20000}
warm=${WARM:-5}
data=$work/data

make_data() { "$(java_of)" "$home/bench/BackupData.java" "$data" "$sessions"; }

# plan_of FIELDS: a plan whose only step is a backup with these fields
plan_of() {
    mkdir -p "$work/plans"
    cat >"$work/plans/backup.yaml" <<END
name: backup
target: all
parameters: {from: {type: path, required: true}, to: {type: path, required: true}}
resources:
  from: {kind: directory, path: '\${{ .params.from }}'}
  to: {kind: directory, path: '\${{ .params.to }}'}
phases:
  - name: backup
    steps:
      - name: files
        uses: backup.files
        with: {from: from, to: to, $1}
END
}

# back_up DIRECTORY: milliseconds of the step, as its worker reports them
back_up() {
    mkdir -p "$1"
    "$temporal" workflow execute --type Migration --task-queue godwit --workflow-id backup/all \
        --input "{\"plan\": \"backup\", \"parameters\": {\"from\": \"$data\", \"to\": \"$1\"}}" >"$work/run.log" 2>&1 ||
        fail "the backup failed; see $work/run.log (kept with KEEP=1)"
    local newest
    newest=$(find "$work/state/evidence" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
    jq -er '.phases[].steps[] | select(.name == "files") | .millis' "$newest/report.json"
}

# timed COMMAND...: its milliseconds
timed() {
    local began
    began=$(now)
    "$@" >>"$work/peer.log" 2>&1 || fail "$*: failed; see $work/peer.log (kept with KEEP=1)"
    echo $(($(now) - began))
}

# hashes DIRECTORY: what is in its files, by another tool than Godwit
hashes() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

# figures NAME PEER: prints the ratio of what $work/ours and $work/peers hold
figures() {
    paste "$work/ours" "$work/peers" | awk '{print $1 / $2}' >"$work/ratios"
    echo "$1 ratio $(median <"$work/ratios") (Godwit $(median <"$work/ours") ms, $2 $(median <"$work/peers") ms, $pairs pairs)"
}

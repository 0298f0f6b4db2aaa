# What P1, P2 and P3 share. Sourced by each.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

python=${PYTHON:-/usr/bin/python3}
count=${SESSIONS:-20000}
row=$(basename "$0" .sh)

begin_documents() {
    machine
    start_temporal
    sessions=$work/sessions
    "$(java_of)" "$home/bench/Sessions.java" "$sessions" "$count"
    mkdir -p "$work/plans"
}

load_step='        uses: load.documents
        with:
          from: from
          to: to:detections
          rows: |
            .detections | to_entries[] | {source: $file, position: .key, plate: .value.plate_text,
              confidence: .value.confidence, timestamp: .value.timestamp, detection: .value}
          columns: {source: text!, position: integer!, plate: text, confidence: real, timestamp: real, detection: json}
          key: [source, position]'

# plan NAME RESOURCE: a plan with one step, which is read from standard input
plan() {
    plan=$1
    {
        echo "name: $plan"
        echo "target: '\${{ .params.to }}'"
        echo "parameters: {from: {type: path, required: true}, to: {type: path, required: true}}"
        echo "resources:"
        echo "  from: {kind: directory, path: '\${{ .params.from }}'}"
        echo "  to: $2"
        echo "phases:"
        echo "  - name: documents"
        echo "    steps:"
        echo "      - name: documents"
        cat
    } >"$work/plans/$plan.yaml"
}

prepare() { :; }
extra() { :; }

# run DIRECTORY: the plan, into a new directory; milliseconds of its step, as the worker reports them
run() {
    local id="$plan/$1"
    "$temporal" workflow execute --type Migration --task-queue godwit --workflow-id "$id" \
        --input "{\"plan\": \"$plan\", \"parameters\": {\"from\": \"$sessions\", \"to\": \"$1\"}}" >"$work/run.log" 2>&1 ||
        fail "the run failed; see $work/run.log (kept with KEEP=1)"
    "$godwit" report "$id" --format json 2>>"$work/run.log" |
        jq -e '.. | objects | select(.uses? and .millis?) | .millis' | head -n 1
}

# fresh NAME: a new directory; none is removed before the end, since ext4 is slow after that
fresh() {
    local directory=$work/$1
    mkdir "$directory"
    prepare "$directory"
    echo "$directory"
}

compare() {
    local i start ours theirs directory
    start_worker
    directory=$(fresh warm0)
    run "$directory" >/dev/null
    same "$directory" || fail "what Godwit wrote is not the same"
    run "$(fresh warm1)" >/dev/null
    for i in $(seq "$pairs"); do
        directory=$(fresh "theirs$i")
        start=$(now)
        peer "$directory"
        theirs=$(($(now) - start))
        extra "$directory"
        directory=$(fresh "ours$i")
        ours=$(run "$directory")
        say "  pair $i: Godwit $ours ms, peer $theirs ms"
        echo "$ours" >>"$work/ours"
        echo "$theirs" >>"$work/theirs"
        awk "BEGIN {print $ours / $theirs}" >>"$work/ratios"
    done
    same "$directory" || fail "what Godwit wrote is not the same"
    echo "${row^^} ratio $(median <"$work/ratios") ($count documents; Godwit $(median <"$work/ours") ms," \
        "peer $(median <"$work/theirs") ms; $pairs pairs)"
}

#!/usr/bin/env bash
# P15: the most that is alive in a worker's heap, under a fixed -Xmx, with ten times the rows or files, against itself.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

rows=${ROWS:-200000}   # and ten times as many
files=${FILES:-2000}
rate=${RATE:-20000}    # so that the smaller run, too, lasts for many looks at the heap
heap=${HEAP:-512m}
command -v sqlite3 >/dev/null || fail "needs sqlite3: apt-get install sqlite3"
machine
start_temporal
start_postgres from
start_postgres to
create_bench "$from_port"
create_bench "$to_port"

columns="id, 'item ' || id AS name, id / 7.0 AS ratio, CASE WHEN id % 5 = 0 THEN NULL ELSE 'note ' || id END AS note"
query "$from_port" "CREATE TABLE few AS SELECT $columns FROM generate_series(1, $rows) AS id" \
    "CREATE TABLE many AS SELECT $columns FROM generate_series(1, $((10 * rows))) AS id" \
    'ALTER TABLE few ADD PRIMARY KEY (id)' 'ALTER TABLE many ADD PRIMARY KEY (id)'
for table in "few $rows" "many $((10 * rows))"; do
    echo "CREATE TABLE ${table% *} (id INTEGER PRIMARY KEY, name TEXT, ratio REAL, note TEXT);
        WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${table#* })
        INSERT INTO ${table% *} SELECT $columns FROM n;"
done | sqlite3 "$work/data.sqlite"
for i in $(seq $((10 * files))); do
    if [ $((i % 1000)) = 1 ]; then mkdir -p "$work/many/$((i / 1000))" "$work/few/$((i / 1000))"; fi
    echo "content of file $i" >"$work/many/$(((i - 1) / 1000))/$i"
    [ "$i" -gt "$files" ] || echo "content of file $i" >"$work/few/$(((i - 1) / 1000))/$i"
done

# plan NAME USES FIELDS RATE: a plan with one step; \$size in the fields is few or many
plan() {
    local size factor=1
    mkdir -p "$work/plans" "$work/backups"
    for size in few many; do
        cat >"$work/plans/$1-$size.yaml" <<END
name: $1-$size
target: all
resources:
  from: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:$from_port/bench', user: postgres}
  to: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:$to_port/bench', user: postgres}
  sqlite: {kind: sqlite, path: '$work/data.sqlite'}
  files: {kind: directory, path: '$work/$size'}
  backups: {kind: directory, path: '$work/backups'}
phases:
  - name: work
    steps:
      - name: work
        uses: $2
        with: {$(sed "s/SIZE/$size/g" <<<"$3")${4:+, rate: $(($4 * factor))}}
END
        factor=4
    done
}

# Collects garbage and tells how many bytes are left.
live_heap() { "$(dirname "$(java_of)")/jcmd" "$worker" GC.class_histogram 2>/dev/null | awk '/^Total/ {print $3}'; }

# peak NAME SIZE: the most bytes alive in the worker's heap during that run
peak() {
    local most=0 now run
    query "$to_port" 'DROP SCHEMA public CASCADE' 'CREATE SCHEMA public' 'DROP SCHEMA IF EXISTS godwit CASCADE' 2>>"$work/psql.log"
    [ "$1" != verify ] || pg_dump -h 127.0.0.1 -p "$from_port" -U postgres -t "$2" bench | query_file
    "$temporal" workflow execute --type Migration --task-queue godwit --workflow-id "$1-$2/all" \
        --input "{\"plan\": \"$1-$2\"}" >"$work/run.log" 2>&1 &
    run=$!
    while kill -0 "$run" 2>/dev/null; do
        now=$(live_heap)
        [ "${now:-0}" -le "$most" ] || most=$now
    done
    wait "$run" || fail "the run $1-$2 failed; see $work/run.log (kept with KEEP=1)"
    echo "$most"
}
query_file() { psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$to_port" -U postgres -d bench >>"$work/psql.log"; }

plan copy copy.table "from: 'from:SIZE', to: 'to:SIZE'" "$rate"
plan sqlite copy.table "from: 'sqlite:SIZE', to: 'to:SIZE'" "$rate"
plan verify verify.table "expected: 'from:SIZE', actual: 'to:SIZE'" "$rate"
plan backup backup.files "from: files, to: backups"
GODWIT_JAVA_OPTIONS="-Xmx$heap ${GODWIT_JAVA_OPTIONS:-}" start_worker

for job in copy sqlite verify backup; do
    peak "$job" few >/dev/null
    : >"$work/ratios"
    for i in $(seq "$pairs"); do
        few=$(peak "$job" few)
        many=$(peak "$job" many)
        echo "$few $many" | awk '{print $2 / $1}' >>"$work/ratios"
        say "  $job $i: $few bytes, with ten times as much $many bytes"
    done
    echo "P15 $job ratio $(median <"$work/ratios") (peak live heap with 10 x the data, -Xmx$heap, $pairs pairs)"
done

#!/usr/bin/env bash
# P9: a whole database with its keys from PostgreSQL to PostgreSQL; the peer is pgcopydb clone with 2 + 2 jobs.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
command -v pgcopydb >/dev/null || fail "needs pgcopydb: apt-get install pgcopydb"

scale=${SCALE:-50} # pgbench's: 100,000 rows each
machine
start_temporal
start_postgres from
start_postgres to
create_bench "$from_port"
as_postgres "$pg_bin/pgbench" -h 127.0.0.1 -p "$from_port" -U postgres -i -s "$scale" -q bench >"$work/pgbench.log" 2>&1
mkdir -p "$work/plans"
cat >"$work/plans/copy.yaml" <<END
name: copy
target: one
resources:
  from: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:$from_port/bench', user: postgres}
  to: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:$to_port/bench', user: postgres}
phases:
  - name: copy
    steps:
      - name: copy
        uses: copy.database
        with: {from: from, to: to, jobs: 2, index-jobs: 2}
END
start_worker

new_target() {
    psql -X -q -h 127.0.0.1 -p "$to_port" -U postgres -d postgres -c 'DROP DATABASE IF EXISTS bench WITH (FORCE)' \
        -c 'CREATE DATABASE bench' -c CHECKPOINT 2>/dev/null
}
equal() {
    local table sum definition="SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    for table in accounts branches history tellers; do
        sum="SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM pgbench_$table t"
        [ "$(query "$from_port" "$sum")" = "$(query "$to_port" "$sum")" ] || fail "pgbench_$table of $1 differs"
    done
    [ "$(query "$from_port" "$definition")" = "$(query "$to_port" "$definition")" ] || fail "indexes of $1 differ"
}

address() { echo "postgres://postgres@127.0.0.1:$1/bench"; }
for i in $(seq 0 "$pairs"); do # the first pair warms up
    new_target
    began=$(now)
    pgcopydb clone --dir "$work/pgcopydb-$i" --source "$(address "$from_port")" --target "$(address "$to_port")" \
        --table-jobs 2 --index-jobs 2 >"$work/pgcopydb.log" 2>&1 || fail "pgcopydb failed: $(tail -n 3 "$work/pgcopydb.log")"
    peer_ms=$(($(now) - began))
    equal pgcopydb
    new_target
    touch "$work/mark"
    before=$(cpu_of "$from_pid" "$to_pid")
    worker_before=$(cpu_of "$worker")
    seconds=$(godwit_step copy "pair-$i")
    godwit_cpu=$(($(cpu_of "$from_pid" "$to_pid") - before))
    equal Godwit
    ratio=$(awk "BEGIN {print $seconds * 1000 / $peer_ms}")
    say "  pair $i: pgcopydb $peer_ms ms, Godwit $seconds s (servers' CPU $godwit_cpu ms, worker's" \
        "$(($(cpu_of "$worker") - worker_before)) ms), ratio $ratio"
    [ "$i" = 0 ] || echo "$ratio" >>"$work/ratios"
done
echo "P9 ratio $(median <"$work/ratios") (copy.database over pgcopydb clone with 2 + 2 jobs, $((scale * 100000)) rows, $pairs pairs)"

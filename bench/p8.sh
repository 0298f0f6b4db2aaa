#!/usr/bin/env bash
# P8: a table from PostgreSQL to PostgreSQL, no index, exactly once; the peer is COPY piped into COPY, binary, in 2 ctid ranges.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

scale=${SCALE:-50} # pgbench's: 100,000 rows each
machine
start_temporal
start_postgres from
start_postgres to
create_bench "$from_port"
create_bench "$to_port"
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
        uses: copy.table
        with: {from: 'from:pgbench_accounts', to: 'to:target', schema: check}
END
start_worker

new_target() {
    query "$to_port" 'DROP TABLE IF EXISTS target' 'DROP SCHEMA IF EXISTS godwit CASCADE' \
        'CREATE TABLE target (aid integer NOT NULL, bid integer, abalance integer, filler char(84))' CHECKPOINT
}
equal() {
    local sum="SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM %s t"
    # shellcheck disable=SC2059
    [ "$(query "$from_port" "$(printf "$sum" pgbench_accounts)")" = "$(query "$to_port" "$(printf "$sum" target)")" ] ||
        fail "the copy of $1 differs from its source"
}
peer() {
    local half status=0 pid pids=()
    half=$(query "$from_port" "SELECT pg_relation_size('pgbench_accounts') / 8192 / 2")
    for where in "ctid < '($half,0)'" "ctid >= '($half,0)'"; do
        { query "$from_port" "COPY (SELECT * FROM pgbench_accounts WHERE $where) TO STDOUT (FORMAT binary)" |
            query "$to_port" 'COPY target FROM STDIN (FORMAT binary)'; } &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || status=1; done
    [ "$status" = 0 ] || fail "the peer's copy failed"
}

for i in $(seq 0 "$pairs"); do # the first pair warms up
    new_target
    before=$(cpu_of "$from_pid" "$to_pid")
    began=$(now)
    peer
    peer_ms=$(($(now) - began))
    peer_cpu=$(($(cpu_of "$from_pid" "$to_pid") - before))
    equal "the peer"
    new_target
    touch "$work/mark"
    before=$(cpu_of "$from_pid" "$to_pid")
    worker_before=$(cpu_of "$worker")
    seconds=$(godwit_step copy "pair-$i")
    godwit_cpu=$(($(cpu_of "$from_pid" "$to_pid") - before))
    equal Godwit
    ratio=$(awk "BEGIN {print $seconds * 1000 / $peer_ms}")
    say "  pair $i: peer $peer_ms ms (servers' CPU $peer_cpu ms), Godwit $seconds s (servers' CPU $godwit_cpu ms," \
        "worker's $(($(cpu_of "$worker") - worker_before)) ms), ratio $ratio"
    [ "$i" = 0 ] || echo "$ratio" >>"$work/ratios"
done
echo "P8 ratio $(median <"$work/ratios") (copy.table over COPY binary piped in 2 ctid ranges, $((scale * 100000)) rows, $pairs pairs)"

#!/usr/bin/env bash
# P10: two equal tables of PostgreSQL are compared row by row; the peer is a sum of hashtextextended over each, both at once,
# which cannot say what differs. At the end one value, one missing row and one more row must be found.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
. "$(dirname "$0")/verify.sh"

scale=${SCALE:-50} # pgbench's: 100,000 rows each
machine
start_temporal
start_postgres from
start_postgres to
for port in "$from_port" "$to_port"; do
    create_bench "$port"
    as_postgres "$pg_bin/pgbench" -h 127.0.0.1 -p "$port" -U postgres -i -s "$scale" -q bench >"$work/pgbench.log" 2>&1
    query "$port" CHECKPOINT
done
mkdir -p "$work/plans"
cat >"$work/plans/verify.yaml" <<END
name: verify
target: all
resources:
  from: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:$from_port/bench', user: postgres}
  to: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:$to_port/bench', user: postgres}
phases:
  - name: verify
    steps:
      - name: verify
        uses: verify.table
        with: {expected: 'from:pgbench_accounts', actual: 'to:pgbench_accounts'}
END
start_worker

sum='SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM pgbench_accounts t'
peer() {
    local pid
    query "$from_port" "$sum" >"$work/from.sum" &
    pid=$!
    query "$to_port" "$sum" >"$work/to.sum"
    wait "$pid"
    cmp -s "$work/from.sum" "$work/to.sum" || fail "the tables differ, by the peer"
}

for i in $(seq 0 "$pairs"); do # the first pair warms up
    before=$(cpu_of "$from_pid" "$to_pid")
    began=$(now)
    peer
    peer_ms=$(($(now) - began))
    peer_cpu=$(($(cpu_of "$from_pid" "$to_pid") - before))
    before=$(cpu_of "$from_pid" "$to_pid")
    worker_before=$(cpu_of "$worker")
    ms=$(step_millis verify)
    ratio=$(awk "BEGIN {print $ms / $peer_ms}")
    say "  pair $i: peer $peer_ms ms (servers' CPU $peer_cpu ms), Godwit $ms ms (servers' CPU" \
        "$(($(cpu_of "$from_pid" "$to_pid") - before)) ms, worker's $(($(cpu_of "$worker") - worker_before)) ms), ratio $ratio"
    [ "$i" = 0 ] || echo "$ratio" >>"$work/ratios"
done
query "$to_port" 'UPDATE pgbench_accounts SET abalance = 1 WHERE aid = 4711' \
    'DELETE FROM pgbench_accounts WHERE aid = 815' "INSERT INTO pgbench_accounts VALUES (0, 1, 0, '')"
finds 3
echo "P10 ratio $(median <"$work/ratios") (verify.table over a sum of hashtextextended of both at once, $((scale * 100000)) rows, $pairs pairs)"

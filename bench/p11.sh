#!/usr/bin/env bash
# P11: a table of SQLite is compared with its copy in PostgreSQL, row by row; the peer is the copy itself, by copy.table. At
# the end one value (a float's last digit), one missing row and one more row must be found.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
. "$(dirname "$0")/verify.sh"
command -v sqlite3 >/dev/null || fail "needs sqlite3: apt-get install sqlite3"

rows=${ROWS:-2000000}
machine
start_temporal
start_postgres to
create_bench "$to_port"
sqlite3 "$work/items.db" "
    CREATE TABLE items (id INTEGER PRIMARY KEY, sku TEXT NOT NULL, name TEXT, quantity INTEGER, ratio DOUBLE,
        price REAL, active BOOLEAN, created TIMESTAMP, note TEXT, payload BLOB);
    WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < $rows)
    INSERT INTO items SELECT i, printf('SKU-%08d', i), 'Item number ' || i || ' é', i * 7919 % 100000, i / 7.0,
        i % 100000 / 100.0, i % 2, datetime(1600000000 + i * 37, 'unixepoch'),
        CASE WHEN i % 5 = 0 THEN NULL ELSE 'a note of some length on the item, ' || i * 31 END,
        CAST(printf('%016x', i * 2654435761) AS BLOB) FROM g;"
mkdir -p "$work/plans"
cat >"$work/plans/verify.yaml" <<END
name: verify
target: all
resources:
  from: {kind: sqlite, path: '$work/items.db'}
  to: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:$to_port/bench', user: postgres}
phases:
  - name: verify
    steps:
      - name: verify
        uses: verify.table
        with: {expected: 'from:items', actual: 'to:public.items'}
END
sed -e 's/: verify$/: copy/; s/verify.table/copy.table/; s/expected:/from:/; s/actual:/to:/' "$work/plans/verify.yaml" \
    >"$work/plans/copy.yaml"
start_worker

for i in $(seq 0 "$pairs"); do # the first pair warms up
    query "$to_port" 'DROP TABLE IF EXISTS items' 'DROP SCHEMA IF EXISTS godwit CASCADE' CHECKPOINT 2>/dev/null
    copy_ms=$(step_millis copy)
    before=$(cpu_of "$to_pid")
    worker_before=$(cpu_of "$worker")
    ms=$(step_millis verify)
    ratio=$(awk "BEGIN {print $ms / $copy_ms}")
    say "  pair $i: the copy $copy_ms ms, its verification $ms ms (server's CPU $(($(cpu_of "$to_pid") - before)) ms," \
        "worker's $(($(cpu_of "$worker") - worker_before)) ms), ratio $ratio"
    [ "$i" = 0 ] || echo "$ratio" >>"$work/ratios"
done
query "$to_port" "UPDATE items SET ratio = ratio + 1e-13 WHERE id = 4711" 'DELETE FROM items WHERE id = 815' \
    "INSERT INTO items (id, sku) VALUES (0, '')"
finds 3
echo "P11 ratio $(median <"$work/ratios") (verify.table over copy.table, SQLite and PostgreSQL, $rows rows, $pairs pairs)"

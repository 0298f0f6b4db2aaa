#!/usr/bin/env bash
# P7: a table from SQLite to PostgreSQL with its primary key, every value checked and exactly once; the peer is sqlite3's CSV
# piped into COPY, which loses digits of floats. PGLOADER=1 measures pgloader once, too.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

rows=${ROWS:-2000000}
command -v sqlite3 >/dev/null || fail "needs sqlite3: apt-get install sqlite3"
machine
start_temporal
start_postgres to
create_bench "$to_port"
sqlite3 "$work/items.db" "PRAGMA synchronous = off; CREATE TABLE items (id INTEGER PRIMARY KEY, sku TEXT NOT NULL,
        name TEXT NOT NULL, category TEXT, quantity INTEGER NOT NULL, price REAL NOT NULL, ratio DOUBLE,
        active INTEGER NOT NULL, created TEXT NOT NULL, note TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
    INSERT INTO items SELECT i, printf('SKU-%08d', i * 7919 % 100000000),
        'Item ' || i || CASE i % 7 WHEN 0 THEN ' Ünïcödé' ELSE ' of the usual make' END,
        CASE i % 5 WHEN 0 THEN NULL ELSE 'category ' || (i % 40) END, i * 31 % 1000, (i * 37 % 100000) / 7.0,
        sin(i) / 3.0, i % 2, datetime(1700000000 + i, 'unixepoch'),
        CASE i % 3 WHEN 0 THEN NULL ELSE 'note ' || hex(i * 982451653 % 1000000007) || ' with \"quotes\", commas' END
        FROM n;" >/dev/null
mkdir -p "$work/plans"
cat >"$work/plans/copy.yaml" <<END
name: copy
target: one
resources:
  from: {kind: sqlite, path: $work/items.db}
  to: {kind: postgres, url: 'jdbc:postgresql://127.0.0.1:$to_port/bench', user: postgres}
phases:
  - name: copy
    steps:
      - name: copy
        uses: copy.table
        with: {from: 'from:items', to: 'to:items'}
END
start_worker

columns='id, sku, name, category, quantity, %s, %s, active, created, note'
# shellcheck disable=SC2059
content_of_source() {
    sqlite3 -separator $'\x1f' -nullvalue '\N' "$work/items.db" \
        "SELECT $(printf "$columns" 'hex(ieee754_to_blob(price))' 'hex(ieee754_to_blob(ratio))') FROM items ORDER BY id"
}
# shellcheck disable=SC2059
content_of_target() {
    psql -X -q -At -F $'\x1f' -P 'null=\N' -h 127.0.0.1 -p "$to_port" -U postgres -d bench -c "SELECT $(printf "$columns" \
        "upper(encode(float8send(price), 'hex'))" "upper(encode(float8send(ratio), 'hex'))") FROM items ORDER BY id"
}
clean() { query "$to_port" 'DROP TABLE IF EXISTS items' 'DROP SCHEMA IF EXISTS godwit CASCADE' CHECKPOINT; }
peer() {
    query "$to_port" 'CREATE TABLE items (id bigint NOT NULL, sku text NOT NULL, name text NOT NULL, category text,
        quantity bigint NOT NULL, price double precision NOT NULL, ratio double precision, active bigint NOT NULL,
        created text NOT NULL, note text)'
    sqlite3 -csv "$work/items.db" 'SELECT * FROM items' | query "$to_port" 'COPY items FROM STDIN (FORMAT csv)'
    query "$to_port" 'ALTER TABLE items ADD PRIMARY KEY (id)'
}

source=$(content_of_source | sha256sum)
for i in $(seq 0 "$pairs"); do # the first pair warms up
    clean
    before=$(cpu_of "$to_pid")
    began=$(now)
    TIMEFORMAT='%U %S'
    own=$({ time peer 2>&1; } 2>&1 | tail -n 1 | awk '{print ($1 + $2) * 1000}')
    peer_ms=$(($(now) - began))
    peer_cpu=$(($(cpu_of "$to_pid") - before))
    clean
    touch "$work/mark"
    before=$(cpu_of "$to_pid")
    worker_before=$(cpu_of "$worker")
    seconds=$(godwit_step copy "pair-$i")
    godwit_cpu=$(($(cpu_of "$to_pid") - before))
    worker_cpu=$(($(cpu_of "$worker") - worker_before))
    [ "$(content_of_target | sha256sum)" = "$source" ] || fail "the copy differs from its source"
    ratio=$(awk "BEGIN {print $seconds * 1000 / $peer_ms}")
    say "  pair $i: peer $peer_ms ms (CPU: server $peer_cpu ms, clients $own ms), Godwit $seconds s (CPU: server" \
        "$godwit_cpu ms, worker $worker_cpu ms), ratio $ratio"
    [ "$i" = 0 ] || echo "$ratio" >>"$work/ratios"
done
if [ -n "${PGLOADER:-}" ]; then
    command -v pgloader >/dev/null || fail "needs pgloader: apt-get install pgloader"
    clean
    began=$(now)
    pgloader "sqlite://$work/items.db" "pgsql://postgres@127.0.0.1:$to_port/bench" >"$work/pgloader.log" 2>&1
    pgloader_ms=$(($(now) - began))
    say "  pgloader $pgloader_ms ms, ratio of the last pair's Godwit to it" \
        "$(awk "BEGIN {print $seconds * 1000 / $pgloader_ms}")"
fi
echo "P7 ratio $(median <"$work/ratios") (copy.table over sqlite3 -csv piped into COPY, $rows rows, $pairs pairs)"

#!/usr/bin/env bash
# P3: JSON documents to rows of a PostgreSQL database, against psycopg2's COPY with a commit for every 1000 files.
set -euo pipefail
. "$(dirname "$0")/documents.sh"

# A server of its own, durable as they come; it refuses to run as root.
start_postgres() {
    local bin as=()
    bin=${POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)}
    [ -x "$bin/initdb" ] || fail "needs PostgreSQL's server; install postgresql, or name its programs' directory in POSTGRES_BIN"
    mkdir "$work/postgres"
    chmod 755 "$work"
    if [ "$(id -u)" -eq 0 ]; then
        as=(setpriv --reuid postgres --regid postgres --clear-groups)
        chown postgres "$work/postgres"
    fi
    PGPORT=$(free_port)
    export PGPORT PGHOST=127.0.0.1 PGUSER=postgres
    (cd "$work/postgres" && "${as[@]}" "$bin/initdb" -D "$work/postgres/data" -U postgres -A trust -E UTF8 \
        --locale C.UTF-8 >"$work/initdb.log" 2>&1)
    begin postgres.log "${as[@]}" "$bin/postgres" -D "$work/postgres/data" -p "$PGPORT" -k "$work/postgres" \
        -c shared_buffers=512MB -c max_wal_size=4GB
    await 30 "PostgreSQL" "$bin/pg_isready" -q
}

begin_documents
start_postgres
plan load '{kind: postgres, url: '"'jdbc:postgresql://127.0.0.1:$PGPORT/\${{ .params.to | split(\"/\") | last }}'"', user: postgres}' <<END_OF_STEP
$load_step
END_OF_STEP

# Each run has a database of its own, called like its directory.
dsn() { echo "host=127.0.0.1 user=postgres dbname=$(basename "$1")"; }
prepare() { psql -q -d postgres -c "CREATE DATABASE \"$(basename "$1")\"" -c CHECKPOINT; }
peer() { "$python" "$home/bench/documents.py" postgres "$sessions" "$(dsn "$1")" detections; }
same() { "$python" "$home/bench/documents.py" same-postgres "$sessions" "$(dsn "$1")" detections; }
compare

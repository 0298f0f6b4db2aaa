# Two PostgreSQL servers for benchmarks, source and target, started and ended by the script that sources this after lib.sh.
# fsync is on, shared_buffers 512 MB, max_wal_size 4 GB. Debian's PostgreSQL does not run as root; the user postgres runs it.

pg_bin=${GODWIT_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
[ -x "$pg_bin/initdb" ] || fail "needs PostgreSQL's server programs: apt-get install postgresql, or name their directory in GODWIT_POSTGRES_BIN"
command -v psql >/dev/null || fail "needs psql: apt-get install postgresql-client"

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

# start_postgres NAME: a new cluster; its port is in NAME_port and its postmaster in NAME_pid
start_postgres() {
    local directory=$work/$1 port pid
    port=$(free_port)
    mkdir -p "$directory"
    if [ "$(id -u)" = 0 ]; then
        chmod 755 "$work"
        chown postgres "$directory"
    fi
    as_postgres "$pg_bin/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --no-sync >"$work/$1.log" 2>&1
    cat >>"$directory/data/postgresql.conf" <<END
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$directory'
shared_buffers = 512MB
max_wal_size = 4GB
fsync = on
END
    as_postgres "$pg_bin/pg_ctl" -D "$directory/data" -l "$directory/server.log" -w start >>"$work/$1.log" 2>&1
    pid=$(head -n 1 "$directory/data/postmaster.pid")
    printf -v "$1_port" %s "$port"
    printf -v "$1_pid" %s "$pid"
    started+=("$pid")
}

# query PORT SQL...: in the database bench
query() {
    local port=$1 arguments=() sql
    shift
    for sql in "$@"; do arguments+=(-c "$sql"); done
    psql -X -q -At -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d bench "${arguments[@]}"
}

create_bench() { psql -X -q -h 127.0.0.1 -p "$1" -U postgres -d postgres -c 'CREATE DATABASE bench'; }

# godwit_step PLAN TARGET: runs a plan with one step named 'copy', prints the seconds that its worker reports for it
godwit_step() {
    local report
    report=$("$godwit" start "$1" --target "$2" --output json 2>>"$work/start.log") ||
        fail "the run $1/$2 failed; see $work/start.log: $(tail -n 5 "$work/start.log")"
    find "$work/state" -path '*steps/copy.1/output.json' -newer "$work/mark" -print0 |
        xargs -0 jq -er .seconds
}

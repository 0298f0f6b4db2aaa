#!/usr/bin/env bash
# P2: JSON documents to rows of an SQLite database, against Python's sqlite3 with a commit for every 1000 files.
set -euo pipefail
. "$(dirname "$0")/documents.sh"

begin_documents
plan load '{kind: sqlite, path: '"'"'${{ .params.to }}/rows.db'"'"'}' <<END_OF_STEP
$load_step
END_OF_STEP

peer() { "$python" "$home/bench/documents.py" sqlite "$sessions" "$1/rows.db"; }
same() { "$python" "$home/bench/documents.py" same-sqlite "$sessions" "$1/rows.db"; }
compare

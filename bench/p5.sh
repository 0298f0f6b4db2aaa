#!/usr/bin/env bash
# P5: the same backup again when nothing has changed. By times against restic, which also goes by size, times and inode; by
# content against rsync --checksum, which also reads both sides.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/backup.sh"

for tool in restic rsync; do
    command -v "$tool" >/dev/null || fail "needs $tool: apt-get install $tool"
done
machine
start_temporal
make_data
sleep 2 # what changed in the last second is not trusted
start_worker
export RESTIC_PASSWORD=bench RESTIC_CACHE_DIR=$work/restic-cache
restic init -q -r "$work/restic"
restic backup -q -r "$work/restic" "$data"
rsync -a "$data/" "$work/rsync/"

by_times() {
    plan_of "incremental: by-times"
    back_up "$work/times"
}
by_content() {
    plan_of "incremental: by-content"
    back_up "$work/content"
}
by_restic() { timed restic backup -q -r "$work/restic" "$data"; }
by_rsync() { timed rsync -a --checksum "$data/" "$work/rsync/"; }

for i in $(seq $((warm + 8))); do # the first ones copy
    by_times >/dev/null
    by_content >/dev/null
done
by_restic >/dev/null
by_rsync >/dev/null
for i in $(seq "$pairs"); do
    by_times >>"$work/ours"
    by_restic >>"$work/peers"
    by_content >>"$work/content-times"
    by_rsync >>"$work/rsync-times"
    say "  pair $i: by times $(tail -n 1 "$work/ours") ms, restic $(tail -n 1 "$work/peers") ms," \
        "by content $(tail -n 1 "$work/content-times") ms, rsync --checksum $(tail -n 1 "$work/rsync-times") ms"
done
newest=$(ls -d "$work"/times/*/ | tail -n 1)
[ -z "$(find "$newest/tree" -type f)" ] || fail "something was copied again"
figures P5 "restic backup"
echo "P5 aim: by times $(paste "$work/ours" "$work/rsync-times" | awk '{print $1 / $2}' | median)," \
    "by content $(paste "$work/content-times" "$work/rsync-times" | awk '{print $1 / $2}' | median)" \
    "(rsync --checksum $(median <"$work/rsync-times") ms)"

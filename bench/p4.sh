#!/usr/bin/env bash
# P4: a backup of 1.4 GB in 20,020 files with a hash for each, verified by reading back, against cp -a and sha256sum of both
# trees. CP_SYNC is the further aim: cp -a and sync, which proves nothing.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/backup.sh"

machine
start_temporal
make_data
plan_of "verify: inventory"
start_worker

ours() { back_up "$work/ours-$1"; }
peers() {
    timed bash -ec '
        cp -a "$1" "$2"
        hashes() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
        cmp <(hashes "$1") <(hashes "$2")' - "$data" "$work/peers-$1"
}
copies() { timed bash -ec 'cp -a "$1" "$2"; sync -f "$2"' - "$data" "$work/copies-$1"; }

for i in $(seq "$warm"); do ours "warm-$i" >/dev/null; done
peers warm >/dev/null
for i in $(seq "$pairs"); do
    ours "$i" >>"$work/ours"
    peers "$i" >>"$work/peers"
    copies "$i" >>"$work/copies"
    say "  pair $i: Godwit $(tail -n 1 "$work/ours") ms, cp -a and sha256sum $(tail -n 1 "$work/peers") ms," \
        "cp -a and sync $(tail -n 1 "$work/copies") ms"
done
# By other means than Godwit's: what it has is what there was.
cmp <(hashes "$data") <(hashes "$work/ours-1"/*/tree) || fail "the backup differs from the data"
figures P4 "cp -a, sha256sum of both trees"
echo "P4 aim: $(paste "$work/ours" "$work/copies" | awk '{print $1 / $2}' | median) (cp -a and sync $(median <"$work/copies") ms)"

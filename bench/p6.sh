#!/usr/bin/env bash
# P6: the same data to a compressed archive with an inventory, verified, against tar and zstd on all processors, synced, and
# zstd -t. Equality is checked with tar.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/backup.sh"

command -v zstd >/dev/null || fail "needs zstd: apt-get install zstd"
machine
start_temporal
make_data
plan_of "form: archive"
start_worker

ours() { back_up "$work/ours-$1"; }
peers() {
    timed bash -eo pipefail -c 'tar c -C "$1" . | zstd -T0 -q -o "$2"; sync -d "$2"; zstd -qt "$2"' - \
        "$data" "$work/peers-$1.tar.zst"
}

for i in $(seq "$warm"); do ours "warm-$i" >/dev/null; done
peers warm >/dev/null
for i in $(seq "$pairs"); do
    before=$(cpu_of "$worker")
    ours "$i" >>"$work/ours"
    worker_cpu=$(($(cpu_of "$worker") - before))
    peers "$i" >>"$work/peers"
    say "  pair $i: Godwit $(tail -n 1 "$work/ours") ms (CPU $worker_cpu ms), tar and zstd $(tail -n 1 "$work/peers") ms"
done
archive=$(echo "$work"/ours-1/*/archive.tar.zst)
mkdir "$work/unpacked"
tar --zstd -xf "$archive" -C "$work/unpacked"
cmp <(hashes "$data") <(hashes "$work/unpacked") || fail "the archive differs from the data"
say "  $(stat -c %s "$archive") bytes, tar and zstd $(stat -c %s "$work/peers-1.tar.zst")"
figures P6 "tar, zstd -T0, zstd -t"

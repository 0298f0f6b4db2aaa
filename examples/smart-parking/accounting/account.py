"""Accounts for every frame that the simulator sent: it is in version 5's database or in version 6's, or it is
missing.

Reads the simulator's notes and both databases, prints the account as JSON, and ends with 1 if an acknowledged frame
is in neither (lost), if a frame was not acknowledged (failed), or if a database holds one that nobody sent (unknown).
"""

import argparse
import asyncio
import json
import os
from datetime import datetime, timezone
from pathlib import Path

import asyncpg

OLD_SESSIONS = 4_000_000_000  # Frame numbers from here on are those of the month before.


async def frames(database: str, table: str) -> set:
    if not database:
        return set()
    connection = await asyncpg.connect(database, password=os.environ["DATABASE_PASSWORD"])
    try:
        rows = await connection.fetch(f"SELECT dev_eui, f_cnt FROM {table} WHERE f_cnt < $1", OLD_SESSIONS)
        return {(row["dev_eui"], row["f_cnt"]) for row in rows}
    finally:
        await connection.close()


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def noted(notes: Path) -> list[dict]:
    """A line without an end is still being written."""
    with notes.open() as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


async def account(options) -> dict:
    # What was noted before the databases are read must be in them. What they hold may be noted a moment later, since a
    # simulator that still sends notes a frame when its answer is there.
    notes = noted(options.notes)
    v5 = await frames(options.v5, "uplinks")
    v6 = await frames(options.v6, "sensor_readings")
    known = {(note["dev_eui"], note["f_cnt"]) for note in noted(options.notes)}
    sent = {(note["dev_eui"], note["f_cnt"]) for note in notes}
    good = [note for note in notes if note["status"] == 200]
    acknowledged = {(note["dev_eui"], note["f_cnt"]) for note in good}
    failed = [note for note in notes if note["status"] != 200]
    lost = sorted(acknowledged - v5 - v6)
    answered = sorted((note["at"] + note["ms"] / 1000, note["address"]) for note in good)
    gaps = [(later[0] - earlier[0], earlier[0]) for earlier, later in zip(answered, answered[1:])]
    gaps.sort(reverse=True)
    gap, since = gaps[0] if gaps else (0, 0)
    return {
        "sent": len(notes),
        "frames": len(sent),
        "acknowledged": len(good),
        "failed": len(failed),
        "lost": len(lost),
        "sent_twice": sum(1 for note in notes if note.get("duplicate")),
        "only_in_v5": len(sent & v5 - v6),
        "only_in_v6": len(sent & v6 - v5),
        "in_both": len(sent & v5 & v6),
        "in_neither": len(sent - v5 - v6),
        "unknown": 0 if options.running else len((v5 | v6) - known),
        "longest_gap_ms": round(1000 * gap, 1),
        "longest_gap_at": moment(since) if since else None,
        "longest_gaps": [{"ms": round(1000 * gap, 1), "at": moment(since)} for gap, since in gaps[:5]],
        "slowest_ms": max((note["ms"] for note in good), default=None),
        "average_ms": round(sum(note["ms"] for note in good) / len(good), 3) if good else None,
        "addresses": sorted({note["address"] for note in good}),
        "first_failed": [{**note, "at": moment(note["at"])} for note in failed[:10]],
        "first_lost": lost[:10],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=Path, default=Path("/notes/frames.jsonl"))
    parser.add_argument("--v5", default=os.environ.get("V5_DATABASE_URL", ""), help="none: it was archived")
    parser.add_argument("--v6", default=os.environ.get("V6_DATABASE_URL", ""))
    parser.add_argument("--running", action="store_true", help="the simulator still sends")
    parser.add_argument("--line", action="store_true", help="all of the account in one line")
    options = parser.parse_args()
    found = asyncio.run(account(options))
    print(json.dumps(found, indent=None if options.line else 2))
    raise SystemExit(1 if found["lost"] or found["failed"] or found["unknown"] else 0)


if __name__ == "__main__":
    main()

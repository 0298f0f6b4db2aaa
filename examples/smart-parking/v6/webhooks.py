"""Uplinks: each is in the database, or in the spool, before it is acknowledged; one that is there already is dropped.
"""

import time
from collections import Counter, deque

from database import BROKEN, Database
from serving.batches import Batches
from serving.uplinks import UPLINKS, Uplink, columns
from spool import Spool

KEEP = f"""
    WITH uplink AS ({UPLINKS}), reading AS (
        INSERT INTO sensor_readings (dev_eui, f_cnt, tenant_id, space_id, sent_at, occupied, battery, rssi, payload)
        SELECT dev_eui, f_cnt, tenant_id, space_id, sent_at, occupied, battery, rssi, payload
        FROM uplink LEFT JOIN sensor_devices USING (dev_eui)
        ON CONFLICT (dev_eui, f_cnt) DO NOTHING RETURNING dev_eui, f_cnt, tenant_id, space_id, occupied, sent_at
    ), last AS (
        SELECT DISTINCT ON (dev_eui) reading.*, name,
            min(sent_at) OVER device AS first_at, count(*) OVER device AS messages
        FROM reading JOIN (SELECT DISTINCT ON (dev_eui) dev_eui, name FROM uplink) named USING (dev_eui)
        WINDOW device AS (PARTITION BY dev_eui) ORDER BY dev_eui, sent_at DESC
    ), orphan AS (
        INSERT INTO orphan_devices (dev_eui, name, first_seen, last_seen, message_count)
        SELECT dev_eui, name, first_at, sent_at, messages FROM last WHERE tenant_id IS NULL
        ON CONFLICT (dev_eui) DO UPDATE SET message_count = orphan_devices.message_count + excluded.message_count,
            last_seen = greatest(orphan_devices.last_seen, excluded.last_seen)
    ), seen AS (
        UPDATE sensor_devices SET last_seen = greatest(last_seen, last.sent_at) FROM last
        WHERE sensor_devices.dev_eui = last.dev_eui
    ), changed AS (
        UPDATE spaces SET state = CASE WHEN last.occupied THEN 'occupied' ELSE 'free' END, changed_at = last.sent_at
        FROM last
        WHERE spaces.id = last.space_id AND state IN ('free', 'occupied') AND (state = 'occupied') <> last.occupied
        RETURNING spaces.id, spaces.tenant_id, state, changed_at
    ), history AS (
        INSERT INTO state_changes (space_id, tenant_id, state, at) SELECT * FROM changed
    )
    SELECT dev_eui, f_cnt FROM reading
"""


class Webhooks:
    def __init__(self, database: Database, cache, spool: Spool):
        self.database = database
        self.cache = cache
        self.spool = spool
        self.batches = Batches(self.keep)
        self.counts = Counter()
        self.seconds = deque(maxlen=5000)
        self.query_seconds = deque(maxlen=5000)

    async def uplink(self, content: bytes) -> str:
        began = time.perf_counter()
        uplink = Uplink.read(content)
        try:
            outcome = "ok" if await self.batches.add(uplink) else "duplicate"
        except BROKEN:
            self.spool.keep(f"{uplink.dev_eui}-{uplink.f_cnt}", content)
            outcome = "spooled"
        if outcome == "ok":
            await self._remember(uplink)
        self.counts[outcome] += 1
        self.seconds.append(time.perf_counter() - began)
        return outcome

    async def warm(self, connection):
        """Plans the query and fills the caches of a new connection, so that no uplink waits for that."""
        await connection.fetch(KEEP, *columns([]))

    async def keep(self, uplinks: list[Uplink]) -> list[bool]:
        """For each whether it is new."""
        began = time.perf_counter()
        rows = await self.database.again(lambda pool: pool.fetch(KEEP, *columns(uplinks)))
        self.query_seconds.append(time.perf_counter() - began)
        new = {(row["dev_eui"], row["f_cnt"]) for row in rows}
        found = []
        for uplink in uplinks:
            frame = (uplink.dev_eui, uplink.f_cnt)
            found.append(frame in new)
            new.discard(frame)
        return found

    async def hand_over_spool(self):
        await self.spool.hand_over(lambda content: self.keep([Uplink.read(content)]))

    async def _remember(self, uplink: Uplink):
        try:
            await self.cache.set(f"device:{uplink.dev_eui}", uplink.measured(), ex=3600)
        except Exception:  # The cache is a convenience; the frame is kept already.
            self.counts["cache_failed"] += 1

    def health(self) -> dict:
        return {
            **{name: self.counts[name] for name in ("ok", "duplicate", "spooled", "refused", "failed", "cache_failed")},
            "spool": len(self.spool),
            "average_ms": _average(self.seconds),
            "query_average_ms": _average(self.query_seconds),
        }


def _average(seconds: deque) -> float | None:
    return round(1000 * sum(seconds) / len(seconds), 3) if seconds else None

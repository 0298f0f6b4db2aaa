"""Four background jobs. Each notes its runs in the table background_jobs, from which /health tells whether it is
alive.
"""

import asyncio
import json
import os
import urllib.request

from database import Database
from webhooks import Webhooks


class Jobs:
    def __init__(self, database: Database, webhooks: Webhooks):
        self.database = database
        self.webhooks = webhooks
        self.all = {
            "expire_reservations": (60, self.expire_reservations),
            "process_webhook_spool": (60, self.process_webhook_spool),
            "sync_chirpstack": (5 * 60, self.sync_chirpstack),
            "cleanup_readings": (24 * 60 * 60, self.cleanup_readings),
        }
        self.tasks = {}

    def start(self):
        for name, (every, job) in self.all.items():
            self.tasks[name] = asyncio.create_task(self._repeat(name, every, job))

    async def stop(self):
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        if len(self.webhooks.spool):
            await self.process_webhook_spool()

    async def _repeat(self, name: str, every: int, job):
        while True:
            failure = None
            try:
                await self.note("started_at = clock_timestamp()", name)
                await job()
            except Exception as problem:
                failure = repr(problem)
            try:
                await self.note(
                    "finished_at = clock_timestamp(), runs = runs + 1, last_error = coalesce($2, last_error),"
                    " failures = failures + ($2::text IS NOT NULL)::int",
                    name,
                    failure,
                )
            except Exception:
                every = min(every, 10)  # Without a database there is nothing to do but to try again soon.
            await asyncio.sleep(every)

    async def note(self, change: str, *values):
        await self.database.again(
            lambda pool: pool.execute(f"UPDATE background_jobs SET {change} WHERE name = $1", *values)
        )

    async def alive(self) -> dict:
        """Whether each job is there and has run within twice its time."""
        rows = await self.database.ingest.fetch(
            "SELECT name, runs, failures, last_error, finished_at,"
            " coalesce(finished_at > now() - 2 * every, false) AS recent FROM background_jobs ORDER BY name"
        )
        return {
            row["name"]: {
                "alive": row["recent"] and row["name"] in self.tasks and not self.tasks[row["name"]].done(),
                "runs": row["runs"],
                "failures": row["failures"],
                "last_error": row["last_error"],
                "last_run": row["finished_at"],
            }
            for row in rows
        }

    async def expire_reservations(self):
        await self.database.again(
            lambda pool: pool.execute(
                "UPDATE reservations SET state = 'expired' WHERE state = 'booked' AND upper(during) < now()"
            )
        )

    async def process_webhook_spool(self):
        await self.webhooks.hand_over_spool()

    async def sync_chirpstack(self):
        """Devices that nobody has assigned get the names that ChirpStack knows them by."""
        address = os.environ.get("CHIRPSTACK_URL")
        if not address:
            return
        answer = await asyncio.to_thread(lambda: urllib.request.urlopen(f"{address}/api/devices", timeout=10).read())
        names = {each["devEui"]: each["name"] for each in json.loads(answer)["result"]}
        await self.database.again(
            lambda pool: pool.execute(
                "UPDATE orphan_devices SET name = known.name FROM unnest($1::text[], $2::text[]) known (dev_eui, name)"
                " WHERE orphan_devices.dev_eui = known.dev_eui",
                list(names.keys()),
                list(names.values()),
            )
        )

    async def cleanup_readings(self):
        await self.database.again(
            lambda pool: pool.execute(
                "DELETE FROM sensor_readings WHERE received_at < now() - interval '2 years'", timeout=60
            )
        )

"""The database as its two roles see it: parking_ingest everything, parking_api what belongs to a tenant."""

import contextlib
import hashlib
import os
from uuid import UUID

import asyncpg

from serving.uplinks import SETTINGS

BROKEN = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError, TimeoutError, OSError)


class Database:
    async def connect(self, warm):
        """warm is given each new connection that takes uplinks."""
        self.ingest = await self._pool("parking_ingest", 4, 10, warm)
        self.api = await self._pool("parking_api", 1, 5)

    async def _pool(self, user: str, smallest: int, largest: int, warm=None) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            os.environ["DATABASE_URL"],
            user=user,
            password=os.environ["DATABASE_PASSWORD"],
            min_size=smallest,
            max_size=largest,
            timeout=2,
            command_timeout=2,
            init=warm,
            server_settings=SETTINGS,
        )

    async def close(self):
        await self.ingest.close()
        await self.api.close()

    async def again(self, ask):
        """What is asked of the ingest pool; once more on a new connection if the old ones died with a network."""
        try:
            return await ask(self.ingest)
        except BROKEN:
            await self.ingest.expire_connections()
            return await ask(self.ingest)

    async def tenant(self, key: str) -> UUID | None:
        digest = hashlib.sha256(key.encode()).digest()
        return await self.ingest.fetchval("SELECT tenant_id FROM api_keys WHERE key_sha256 = $1", digest)

    @contextlib.asynccontextmanager
    async def of(self, tenant: UUID):
        """A transaction that sees one tenant's rows only."""
        async with self.api.acquire() as connection, connection.transaction():
            await connection.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant))
            yield connection

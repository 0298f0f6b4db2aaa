"""The parking API, version 5: one operator, every device known or made known by its first uplink."""

import asyncio
import os

import asyncpg
import redis.asyncio as redis
from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse

from serving.batches import Batches
from serving.server import serve
from serving.signature import is_signed
from serving.uplinks import SETTINGS, UPLINKS, Uplink, columns

SECRET = os.environ["WEBHOOK_SECRET"].encode()
KEEP = f"""
    WITH uplink AS ({UPLINKS}), new AS (
        INSERT INTO uplinks (dev_eui, f_cnt, sent_at, occupied, battery, rssi, payload)
        SELECT dev_eui, f_cnt, sent_at, occupied, battery, rssi, payload FROM uplink
        ON CONFLICT DO NOTHING RETURNING dev_eui, f_cnt
    ), last AS (
        SELECT DISTINCT ON (dev_eui) * FROM uplink WHERE (dev_eui, f_cnt) IN (SELECT dev_eui, f_cnt FROM new)
        ORDER BY dev_eui, sent_at DESC
    ), device AS (
        INSERT INTO devices (dev_eui, name, last_seen) SELECT dev_eui, name, sent_at FROM last
        ON CONFLICT (dev_eui) DO UPDATE SET last_seen = greatest(devices.last_seen, excluded.last_seen)
        RETURNING dev_eui, space_id
    )
    UPDATE spaces SET occupied = last.occupied, changed_at = last.sent_at FROM device JOIN last USING (dev_eui)
    WHERE spaces.id = device.space_id AND spaces.occupied <> last.occupied
"""

app = FastAPI(title="Smart parking", version="5.4.2")


async def keep(uplinks: list[Uplink]) -> list[None]:
    await app.state.database.execute(KEEP, *columns(uplinks))
    return [None] * len(uplinks)


@app.on_event("startup")
async def connect():
    app.state.database = await asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        password=os.environ["DATABASE_PASSWORD"],
        min_size=2,
        max_size=5,
        command_timeout=5,
        server_settings=SETTINGS,
    )
    app.state.cache = redis.from_url(os.environ["REDIS_URL"], socket_timeout=1, socket_connect_timeout=1)
    app.state.batches = Batches(keep)
    app.state.batches.start()


@app.on_event("shutdown")
async def disconnect():
    await app.state.batches.stop()
    await app.state.database.close()
    await app.state.cache.close()


@app.post("/api/v1/uplink")
async def uplink(request: Request, event: str = "up", x_signature: str | None = Header(None)):
    content = await request.body()
    if not is_signed(SECRET, content, x_signature):
        return JSONResponse({"error": "X-Signature does not match the content"}, status_code=401)
    if event != "up":
        return {"status": "ignored"}
    try:
        received = Uplink.read(content)
    except (KeyError, TypeError, ValueError) as problem:
        return JSONResponse({"error": f"this is no uplink of ChirpStack: {problem!r}"}, status_code=422)
    await app.state.batches.add(received)
    try:
        await app.state.cache.set(f"device:{received.dev_eui}", received.measured(), ex=3600)
    except redis.RedisError:
        pass  # The cache is a convenience; the frame is kept already.
    return {"status": "ok"}


@app.get("/api/v1/devices")
async def devices():
    rows = await app.state.database.fetch("SELECT dev_eui, name, space_id, last_seen FROM devices ORDER BY dev_eui")
    return [dict(row) for row in rows]


@app.get("/api/v1/spaces")
async def spaces():
    rows = await app.state.database.fetch("SELECT id, name, occupied, changed_at FROM spaces ORDER BY id")
    return [dict(row) for row in rows]


@app.get("/health")
async def health(response: Response):
    answers = await asyncio.gather(
        app.state.database.fetchval("SELECT 1"), app.state.cache.ping(), return_exceptions=True
    )
    database, cache = (repr(each) if isinstance(each, Exception) else "connected" for each in answers)
    healthy = database == "connected"
    response.status_code = 200 if healthy else 503
    return {
        "status": "healthy" if healthy else "unhealthy",
        "version": app.version,
        "database": database,
        "redis": cache,
    }


if __name__ == "__main__":
    serve(app)

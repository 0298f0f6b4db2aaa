"""The parking API, version 6: tenants, devices that nobody has assigned yet, background jobs; answers version 5's
webhook too.
"""

import asyncio
import os
from uuid import UUID

import redis.asyncio as redis
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from database import Database
from jobs import Jobs
from serving.server import serve
from serving.signature import is_signed
from spool import Spool
from webhooks import Webhooks

SECRET = os.environ["WEBHOOK_SECRET"].encode()
PLATFORM_KEY = os.environ["PLATFORM_KEY"]

app = FastAPI(title="Smart parking", version="6.0.0")
database = Database()
cache = redis.from_url(os.environ["REDIS_URL"], socket_timeout=1, socket_connect_timeout=1)
webhooks = Webhooks(database, cache, Spool(os.environ.get("SPOOL", "/var/spool/parking-uplinks")))
jobs = Jobs(database, webhooks)


@app.on_event("startup")
async def connect():
    await database.connect(webhooks.warm)
    webhooks.batches.start()
    jobs.start()


@app.on_event("shutdown")
async def disconnect():
    await webhooks.batches.stop()
    await jobs.stop()
    await database.close()
    await cache.close()


@app.post("/api/v1/uplink", summary="Where ChirpStack sends what version 5 took")
@app.post("/webhooks/chirpstack/uplink")
async def uplink(request: Request, event: str = "up", x_signature: str | None = Header(None)):
    content = await request.body()
    if not is_signed(SECRET, content, x_signature):
        webhooks.counts["refused"] += 1
        return JSONResponse({"error": "X-Signature does not match the content"}, status_code=401)
    if event != "up":
        return {"status": "ignored"}
    try:
        return {"status": await webhooks.uplink(content)}
    except (KeyError, TypeError, ValueError) as problem:
        webhooks.counts["refused"] += 1
        return JSONResponse({"error": f"this is no uplink of ChirpStack: {problem!r}"}, status_code=422)
    except Exception:
        webhooks.counts["failed"] += 1
        raise


@app.get("/webhooks/health")
async def webhook_health():
    return webhooks.health()


async def tenant(x_api_key: str = Header(...)) -> UUID:
    found = await database.tenant(x_api_key)
    if found is None:
        raise HTTPException(401, "nobody has this API key")
    return found


async def platform(x_api_key: str = Header(...)):
    if x_api_key != PLATFORM_KEY:
        raise HTTPException(403, "only the platform's own key may ask for this")


@app.get("/api/v1/spaces")
async def spaces(of: UUID = Depends(tenant)):
    async with database.of(of) as connection:
        rows = await connection.fetch("SELECT id, name, state, changed_at FROM spaces ORDER BY id")
    return [dict(row) for row in rows]


@app.get("/api/v1/spaces/{space}")
async def space(space: int, of: UUID = Depends(tenant)):
    async with database.of(of) as connection:
        row = await connection.fetchrow("SELECT id, name, state, changed_at FROM spaces WHERE id = $1", space)
    if row is None:
        raise HTTPException(404, f"there is no space {space}")
    return dict(row)


@app.get("/api/v1/devices")
async def devices(of: UUID = Depends(tenant)):
    async with database.of(of) as connection:
        rows = await connection.fetch("SELECT dev_eui, name, space_id, last_seen FROM sensor_devices ORDER BY dev_eui")
    return [dict(row) for row in rows]


@app.get("/api/v1/orphan-devices", dependencies=[Depends(platform)])
async def orphan_devices():
    return [dict(row) for row in await database.ingest.fetch("SELECT * FROM orphan_devices ORDER BY last_seen DESC")]


@app.get("/health")
async def health(response: Response):
    answers = await asyncio.gather(jobs.alive(), cache.ping(), return_exceptions=True)
    background_jobs, pong = answers
    connected = not isinstance(background_jobs, Exception)
    response.status_code = 200 if connected else 503
    return {
        "status": "healthy" if connected else "unhealthy",
        "version": app.version,
        "database": "connected" if connected else repr(background_jobs),
        "redis": repr(pong) if isinstance(pong, Exception) else "connected",
        "background_jobs": background_jobs if connected else {},
        "webhooks": webhooks.health(),
    }


if __name__ == "__main__":
    serve(app)

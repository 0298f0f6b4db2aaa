"""The scalable OCR service: a request gets an id at once, and any replica reads its certificate, once.

Replicas share a queue, a cache by content and the recognition API's rate in Redis. A job that a replica takes is leased,
and goes back to the queue when the lease runs out, so a replica may die at any moment.
"""
import asyncio
import hashlib
import json
import os
import socket
import time
import uuid
from contextlib import asynccontextmanager

import aiofiles
import aiohttp
import psutil
import redis.asyncio as redis
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel, Field

import app as recognition

DOCUMENTS = os.environ.get("DOCUMENTS", "/docs")
CONCURRENT = int(os.environ.get("MAX_CONCURRENT_EXTRACTIONS", "50"))
MEMORY = float(os.environ.get("MAX_MEMORY_USAGE_GB", "8.0")) * 2**30
PER_MINUTE = int(os.environ.get("API_RATE_LIMIT_PER_MINUTE", "50"))
CACHED_SECONDS = int(float(os.environ.get("CACHE_TTL_HOURS", "24")) * 3600)
LARGEST = int(float(os.environ.get("MAX_FILE_SIZE_MB", "50")) * 2**20)
LEASE = 15
ATTEMPTS = 5

CLAIM = """
local job = redis.call('ZPOPMIN', KEYS[1])[1]
if job then redis.call('ZADD', KEYS[2], ARGV[1], job) end
return job
"""
# What is leased longer than allowed is due again, before everything else.
REAP = """
local jobs = redis.call('ZRANGEBYSCORE', KEYS[2], 0, ARGV[1])
for _, job in ipairs(jobs) do redis.call('ZADD', KEYS[1], 0, job); redis.call('ZREM', KEYS[2], job) end
return #jobs
"""
# One request a minute for each member; says how many seconds to wait if there are too many.
TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, ARGV[1] - 60)
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3])
  return '0'
end
return tostring(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] + 60 - ARGV[1])
"""

requests_total = Counter("ocr_http_requests_total", "Answers by path and status", ["path", "code"])
calls_total = Counter("ocr_recognition_calls_total", "Requests to the recognition API", ["outcome"])
job_seconds = Histogram("ocr_job_seconds", "From the request to the result", buckets=(0.5, 1, 2, 5, 10, 20, 30, 60, 120))
queue_size = Gauge("queue_size", "Jobs that no replica has taken yet")
jobs_in_progress = Gauge("jobs_in_progress", "Jobs that replicas have taken")
cache_hit_rate = Gauge("cache_hit_rate", "Requests answered from the cache, as a part of those that could have been")
memory_usage_percent = Gauge("memory_usage_percent", "Of what this replica may use")

store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True, socket_timeout=5, socket_connect_timeout=2,
                       health_check_interval=5)
own = {}


class Certificate(BaseModel):
    file_path: str
    priority: int = Field(default=5, ge=1, le=9)


async def health_figures():
    async with store.pipeline(transaction=False) as pipe:
        queued, leased, counts = await pipe.zcard("queue").zcard("leases").hgetall("counts").execute()
    hits, misses = int(counts.get("hits", 0)), int(counts.get("misses", 0))
    return {
        "queue_size": queued,
        "in_progress": leased,
        "completed": int(counts.get("completed", 0)),
        "failed": int(counts.get("failed", 0)),
        "cache_hits": hits,
        "cache_misses": misses,
        "cache_hit_rate": hits / (hits + misses) if hits + misses else 1.0,
        "memory_usage_percent": 100 * psutil.Process().memory_info().rss / MEMORY,
    }


async def ask(session, content):
    """Asks the recognition API, no sooner than its rate allows to all replicas together."""
    while True:
        wait = float(await store.eval(TAKE, 1, "calls", time.time(), PER_MINUTE, uuid.uuid4().hex))
        if wait > 0:
            calls_total.labels("waited").inc()
            await asyncio.sleep(min(wait, 2))
            continue
        async with session.post(recognition.URL, headers=recognition.headers(), json=recognition.question(content)) as r:
            answer = await r.json()
            calls_total.labels(str(r.status)).inc()
            if r.status == 429:
                await asyncio.sleep(2)
                continue
            if r.status != 200:
                raise recognition.refusal(r.status, answer)
            return recognition.fields(answer)


async def work(session, job):
    described = await store.hgetall(f"job:{job}")
    if not described:
        await store.zrem("leases", job)
        return
    attempt = await store.hincrby(f"job:{job}", "attempts", 1)
    await store.hset(f"job:{job}", mapping={"status": "processing", "progress": 10})
    outcome = {"status": "failed"}
    try:
        async with aiofiles.open(described["file"], "rb") as file:
            content = await file.read()
        await store.hset(f"job:{job}", "progress", 30)
        outcome = {"status": "completed", "result": json.dumps(await ask(session, content))}
    except (recognition.Refused, OSError, ValueError) as e:
        outcome["error"] = str(e)
    except (aiohttp.ClientError, asyncio.TimeoutError) as e:
        if attempt < ATTEMPTS:
            await store.zadd("queue", {job: time.time()})
            await store.zrem("leases", job)
            return
        outcome["error"] = f"the recognition API cannot be reached: {type(e).__name__}"
    async with store.pipeline() as pipe:
        pipe.hset(f"job:{job}", mapping={**outcome, "progress": 100})
        pipe.expire(f"job:{job}", CACHED_SECONDS)
        pipe.zrem("leases", job)
        pipe.delete(f"inflight:{described['content']}")
        pipe.hincrby("counts", outcome["status"], 1)
        if "result" in outcome:
            pipe.set(f"cache:{described['content']}", outcome["result"], ex=CACHED_SECONDS)
        await pipe.execute()
    job_seconds.observe(time.time() - float(described["created"]))


async def dispatch(session):
    """Takes jobs while there is room, keeps the leases of those under way, and takes over from the dead."""
    kept = 0
    while True:
        try:
            now = time.time()
            if now - kept > LEASE / 3:
                if own:
                    await store.zadd("leases", {job: now + LEASE for job in own}, xx=True)
                await store.eval(REAP, 2, "queue", "leases", now)
                kept = now
            job = await store.eval(CLAIM, 2, "queue", "leases", now + LEASE) if len(own) < CONCURRENT else None
            if job is None:
                await asyncio.sleep(0.1)
                continue
            task = asyncio.create_task(work(session, job))
            own[job] = task
            task.add_done_callback(lambda done, job=job: (own.pop(job, None), done.cancelled() or done.exception()))
        except redis.RedisError:
            await asyncio.sleep(0.5)


@asynccontextmanager
async def lifespan(_):
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        dispatcher = asyncio.create_task(dispatch(session))
        yield
        dispatcher.cancel()
        left = dict(own)
        for task in left.values():
            task.cancel()
        try:
            for job in left:
                await store.zadd("queue", {job: 0})
                await store.zrem("leases", job)
        except redis.RedisError:
            pass  # Their leases run out.


app = FastAPI(title="OCR service", version="2.0.0", lifespan=lifespan)


@app.middleware("http")
async def counted(request: Request, call_next):
    try:
        response = await call_next(request)
    except redis.RedisError as e:
        response = JSONResponse({"detail": f"Redis does not answer: {type(e).__name__}"}, 503)
    path = "/" + request.url.path.strip("/").split("/")[0]
    requests_total.labels(path, str(response.status_code)).inc()
    return response


@app.post("/process-insurance-certificate")
async def process(certificate: Certificate):
    path = os.path.realpath(certificate.file_path)
    if not path.startswith(DOCUMENTS + "/") or not os.path.isfile(path):
        raise HTTPException(404, "no such file")
    if os.path.getsize(path) > LARGEST:
        raise HTTPException(413, f"more than {LARGEST} bytes")
    async with aiofiles.open(path, "rb") as file:
        content = hashlib.sha256(await file.read()).hexdigest()
    job = str(uuid.uuid4())
    now = time.time()
    described = {"file": path, "content": content, "created": now, "attempts": 0}
    cached = await store.get(f"cache:{content}")
    if cached is not None:
        async with store.pipeline() as pipe:
            pipe.hset(f"job:{job}", mapping={**described, "status": "completed", "progress": 100, "result": cached})
            pipe.expire(f"job:{job}", CACHED_SECONDS)
            pipe.hincrby("counts", "hits", 1)
            await pipe.execute()
        return {"request_id": job, "status": "completed", "cached": True}
    # Whoever asks for a certificate that is being read gets the request under way.
    if not await store.set(f"inflight:{content}", job, nx=True, ex=600):
        under_way = await store.get(f"inflight:{content}")
        if under_way and await store.exists(f"job:{under_way}"):
            return {"request_id": under_way, "status": "queued", "cached": False}
    async with store.pipeline() as pipe:
        pipe.hset(f"job:{job}", mapping={**described, "status": "queued", "progress": 0})
        pipe.zadd("queue", {job: certificate.priority * 1e10 + now})
        pipe.hincrby("counts", "misses", 1)
        await pipe.execute()
    return {"request_id": job, "status": "queued", "cached": False}


@app.get("/status/{request_id}")
async def status(request_id: str, wait: float = 0):
    """How far a request is, at once, or when it is done or `wait` seconds have passed."""
    until = time.monotonic() + min(wait, 50)
    job = await store.hgetall(f"job:{request_id}")
    while job and job["status"] in ("queued", "processing") and time.monotonic() < until:
        await asyncio.sleep(0.2)
        job = await store.hgetall(f"job:{request_id}")
    if not job:
        raise HTTPException(404, "no such request")
    answer = {"request_id": request_id, "status": job["status"], "progress": int(job["progress"])}
    if "result" in job:
        answer["result"] = json.loads(job["result"])
    if "error" in job:
        answer["error"] = job["error"]
    return answer


@app.get("/health")
async def health():
    figures = await health_figures()
    return {"status": "healthy", "version": app.version, "redis": "connected", "replica": socket.gethostname(), **figures}


@app.get("/metrics")
async def metrics():
    figures = await health_figures()
    queue_size.set(figures["queue_size"])
    jobs_in_progress.set(figures["in_progress"])
    cache_hit_rate.set(figures["cache_hit_rate"])
    memory_usage_percent.set(figures["memory_usage_percent"])
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

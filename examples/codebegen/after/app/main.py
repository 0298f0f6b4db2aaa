"""The API with version tracking."""

import os
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

import redis
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text

from app.core import statistics
from app.core.archive import zipped
from app.core.database import get_db
from app.core.security import authorized
from app.core.versions import tracked
from app.services.generation_service import GenerationService

progress = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
service = GenerationService()


@asynccontextmanager
async def pid_file(app: FastAPI):
    Path(os.environ["PID_FILE"]).write_text(str(os.getpid()))
    yield


app = FastAPI(title="CodebeGen", version="2.0.0", lifespan=pid_file)


@app.middleware("http")
async def counted(request: Request, proceed):
    statistics.count("requests")
    try:
        response = await proceed(request)
    except Exception as error:
        response = JSONResponse({"detail": str(error)}, statistics.failed(error))
    if response.status_code >= 500:
        statistics.count("errors")
    return response


class Prompt(BaseModel):
    prompt: str
    model: str = "qwen2.5-coder"


class Project(BaseModel):
    name: str
    id: uuid.UUID | None = None


@app.get("/health")
def health():
    with get_db() as db:
        versions = tracked(db)
    progress.ping()
    return {
        "status": "healthy",
        "version": app.version,
        "database": "connected",
        "redis": "connected",
        "versions": versions,
    }


@app.get("/statistics")
def counts():
    return statistics.counted()


@app.get("/projects", dependencies=[Depends(authorized)])
def projects(limit: int = 100):
    with get_db() as db:
        rows = db.execute(
            text("SELECT id, name, current_generation_id FROM projects ORDER BY name, id LIMIT :limit"), {"limit": limit}
        )
        return [dict(row) for row in rows.mappings()]


@app.post("/projects", status_code=201, dependencies=[Depends(authorized)])
def create_project(project: Project):
    project_id = project.id or uuid.uuid4()
    with get_db() as db:
        db.execute(
            text("INSERT INTO projects (id, name) VALUES (:id, :name) ON CONFLICT (id) DO NOTHING"),
            {"id": project_id, "name": project.name},
        )
        db.commit()
    return {"id": project_id}


@app.delete("/projects/{project_id}", status_code=204, dependencies=[Depends(authorized)])
def delete_project(project_id: uuid.UUID):
    with get_db() as db:
        service.delete(db, project_id)


@app.post("/projects/{project_id}/generations", status_code=201, dependencies=[Depends(authorized)])
def create_generation(project_id: uuid.UUID, prompt: Prompt):
    with get_db() as db:
        generation = service.create(db, project_id, prompt.prompt, prompt.model)
    progress.set(f"progress:{generation['id']}", "done", ex=3600)
    return generation


@app.get("/projects/{project_id}/generations", dependencies=[Depends(authorized)])
def versions(project_id: uuid.UUID):
    with get_db() as db:
        return service.versions(db, project_id)


@app.get("/projects/{project_id}/generations/active", dependencies=[Depends(authorized)])
def active(project_id: uuid.UUID):
    with get_db() as db:
        return service.active(db, project_id)


@app.put("/projects/{project_id}/generations/active/{version}", dependencies=[Depends(authorized)])
def activate(project_id: uuid.UUID, version: int):
    with get_db() as db:
        return service.activate(db, project_id, version)


@app.get("/projects/{project_id}/generations/compare/{one}/{other}", dependencies=[Depends(authorized)])
def compare(project_id: uuid.UUID, one: int, other: int):
    with get_db() as db:
        return service.compare(db, project_id, one, other)


@app.get("/projects/{project_id}/generations/{version}/download", dependencies=[Depends(authorized)])
def download_version(project_id: uuid.UUID, version: int):
    with get_db() as db:
        generation = service.version(db, project_id, version)
    return Response(zipped(service.place(generation)), media_type="application/zip")


@app.get("/generations/{generation_id}", dependencies=[Depends(authorized)])
def generation(generation_id: uuid.UUID):
    with get_db() as db:
        found = service.generation(db, generation_id)
    return found | {"progress": progress.get(f"progress:{generation_id}")}


@app.get("/generations/{generation_id}/download", dependencies=[Depends(authorized)])
def download(generation_id: uuid.UUID):
    with get_db() as db:
        found = service.generation(db, generation_id)
    return Response(zipped(service.place(found)), media_type="application/zip")

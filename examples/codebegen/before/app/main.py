"""The API before version tracking: a generation is a directory of $STORAGE, called like its id."""

import os
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

import redis
from fastapi import Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel
from sqlalchemy import text

from app.core.archive import zipped
from app.core.database import get_db
from app.core.pipeline import generate
from app.core.security import authorized

STORAGE = Path(os.environ["STORAGE"])
progress = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


@asynccontextmanager
async def pid_file(app: FastAPI):
    Path(os.environ["PID_FILE"]).write_text(str(os.getpid()))
    yield


app = FastAPI(title="CodebeGen", version="1.8.0", lifespan=pid_file)


class Prompt(BaseModel):
    prompt: str
    model: str = "qwen2.5-coder"


class Project(BaseModel):
    name: str
    id: uuid.UUID | None = None


@app.get("/health")
def health():
    with get_db() as db:
        db.execute(text("SELECT 1"))
    progress.ping()
    return {"status": "healthy", "version": app.version, "database": "connected", "redis": "connected"}


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


@app.post("/projects/{project_id}/generations", status_code=201, dependencies=[Depends(authorized)])
def create_generation(project_id: uuid.UUID, prompt: Prompt):
    generation_id = uuid.uuid4()
    files = generate(prompt.prompt, prompt.model)
    with get_db() as db:
        if not db.execute(text("SELECT 1 FROM projects WHERE id = :id"), {"id": project_id}).scalar():
            raise HTTPException(404, f"there is no project {project_id}")
        for name, content in files.items():
            file = STORAGE / str(generation_id) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        db.execute(
            text(
                "INSERT INTO generations (id, project_id, prompt, status, model, file_count, total_bytes)"
                " VALUES (:id, :project, :prompt, 'completed', :model, :files, :bytes)"
            ),
            {
                "id": generation_id,
                "project": project_id,
                "prompt": prompt.prompt,
                "model": prompt.model,
                "files": len(files),
                "bytes": sum(len(content.encode()) for content in files.values()),
            },
        )
        db.execute(
            text("UPDATE projects SET current_generation_id = :generation WHERE id = :id"),
            {"generation": generation_id, "id": project_id},
        )
        db.commit()
    progress.set(f"progress:{generation_id}", "done", ex=3600)
    return {"id": generation_id}


@app.get("/generations/{generation_id}", dependencies=[Depends(authorized)])
def generation(generation_id: uuid.UUID):
    with get_db() as db:
        row = (
            db.execute(
                text("SELECT id, project_id, prompt, status, model, file_count FROM generations WHERE id = :id"),
                {"id": generation_id},
            )
            .mappings()
            .first()
        )
    if row is None:
        raise HTTPException(404, f"there is no generation {generation_id}")
    return dict(row) | {"progress": progress.get(f"progress:{generation_id}")}


@app.get("/generations/{generation_id}/download", dependencies=[Depends(authorized)])
def download(generation_id: uuid.UUID):
    for place in (STORAGE / str(generation_id), STORAGE / f"{generation_id}.zip"):
        if place.exists():
            return Response(zipped(place), media_type="application/zip")
    raise HTTPException(404, f"there are no files of generation {generation_id}")

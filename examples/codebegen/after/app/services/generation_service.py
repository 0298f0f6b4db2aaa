"""What the API does with generations."""

import difflib
import uuid
from datetime import UTC, datetime
from pathlib import Path

from fastapi import HTTPException
from sqlalchemy import text

from app.core.pipeline import generate
from app.core.versions import tracked
from app.services.file_manager import FileManager

COLUMNS = "id, project_id, prompt, status, model, created_at, file_count"


class GenerationService:
    def __init__(self, files: FileManager | None = None):
        self.files = files or FileManager()

    def create(self, db, project_id: uuid.UUID, prompt: str, model: str) -> dict:
        """The next version of a project, which becomes its active one."""
        generation_id, created = uuid.uuid4(), datetime.now(UTC)
        content = generate(prompt, model)
        # Others who generate for the same project wait here, so that no version is given twice.
        if not db.execute(text("SELECT 1 FROM projects WHERE id = :id FOR UPDATE"), {"id": project_id}).scalar():
            raise HTTPException(404, f"there is no project {project_id}")
        row = {
            "id": generation_id,
            "project": project_id,
            "prompt": prompt,
            "model": model,
            "created": created,
            "files": len(content),
            "bytes": sum(len(file.encode()) for file in content.values()),
        }
        if not tracked(db):
            self.files.write(str(generation_id), content)
            db.execute(
                text(
                    "INSERT INTO generations (id, project_id, prompt, status, model, created_at, file_count, total_bytes)"
                    " VALUES (:id, :project, :prompt, 'completed', :model, :created, :files, :bytes)"
                ),
                row,
            )
            db.execute(text("UPDATE projects SET current_generation_id = :id WHERE id = :project"), row)
            db.commit()
            return {"id": generation_id}
        version = db.execute(
            text("UPDATE projects SET latest_version = latest_version + 1 WHERE id = :id RETURNING latest_version"),
            {"id": project_id},
        ).scalar_one()
        path = self.files.path(project_id, version, generation_id)
        manifest = self.files.manifest(generation_id, project_id, version, created, content)
        self.files.write(path, content, manifest)
        db.execute(
            text(
                "INSERT INTO generations (id, project_id, prompt, status, model, created_at, file_count, total_bytes,"
                " version, storage_path) VALUES (:id, :project, :prompt, 'completed', :model, :created, :files, :bytes,"
                " :version, :path)"
            ),
            row | {"version": version, "path": path},
        )
        self._activate(db, project_id, version, generation_id)
        return {"id": generation_id, "version": version}

    def activate(self, db, project_id: uuid.UUID, version: int) -> dict:
        db.execute(text("SELECT 1 FROM projects WHERE id = :id FOR UPDATE"), {"id": project_id})
        generation = self.version(db, project_id, version)
        self._activate(db, project_id, version, generation["id"])
        return {"id": generation["id"], "version": version}

    def _activate(self, db, project_id: uuid.UUID, version: int, generation_id: uuid.UUID) -> None:
        ids = {"id": generation_id, "project": project_id}
        db.execute(
            text(
                "UPDATE generations SET is_active = (id = :id)"
                " WHERE project_id = :project AND is_active <> (id = :id)"
            ),
            ids,
        )
        db.execute(
            text("UPDATE projects SET active_generation_id = :id, current_generation_id = :id WHERE id = :project"), ids
        )
        self.files.activate(project_id, version, generation_id)
        db.commit()

    def delete(self, db, project_id: uuid.UUID) -> None:
        """A project with all its generations; what is not there is deleted already."""
        ids = db.execute(text("SELECT id FROM generations WHERE project_id = :id"), {"id": project_id}).scalars().all()
        db.execute(text("DELETE FROM projects WHERE id = :id"), {"id": project_id})
        db.commit()
        self.files.delete(project_id, ids)

    def versions(self, db, project_id: uuid.UUID) -> list[dict]:
        """Newest first."""
        self._require_versions(db)
        rows = db.execute(
            text(
                f"SELECT {COLUMNS}, version, is_active, storage_path FROM generations"
                " WHERE project_id = :project ORDER BY version DESC"
            ),
            {"project": project_id},
        )
        return [dict(row) for row in rows.mappings()]

    def active(self, db, project_id: uuid.UUID) -> dict:
        self._require_versions(db)
        return self._one(
            db,
            f"SELECT {COLUMNS}, version, is_active, storage_path FROM generations WHERE id ="
            " (SELECT active_generation_id FROM projects WHERE id = :project)",
            {"project": project_id},
            f"project {project_id} has no active generation",
        )

    def version(self, db, project_id: uuid.UUID, version: int) -> dict:
        self._require_versions(db)
        return self._one(
            db,
            f"SELECT {COLUMNS}, version, is_active, storage_path FROM generations"
            " WHERE project_id = :project AND version = :version",
            {"project": project_id, "version": version},
            f"project {project_id} has no version {version}",
        )

    def generation(self, db, generation_id: uuid.UUID) -> dict:
        more = ", version, is_active, storage_path" if tracked(db) else ""
        return self._one(
            db,
            f"SELECT {COLUMNS}{more} FROM generations WHERE id = :id",
            {"id": generation_id},
            f"there is no generation {generation_id}",
        )

    def compare(self, db, project_id: uuid.UUID, one: int, other: int) -> dict:
        before, after = (self._texts(self.version(db, project_id, version)) for version in (one, other))
        changed = [
            {
                "path": path,
                "diff": "".join(
                    difflib.unified_diff(
                        before[path].splitlines(True), after[path].splitlines(True), f"v{one}/{path}", f"v{other}/{path}"
                    )
                ),
            }
            for path in sorted(before.keys() & after.keys())
            if before[path] != after[path]
        ]
        return {
            "from": one,
            "to": other,
            "added": sorted(after.keys() - before.keys()),
            "removed": sorted(before.keys() - after.keys()),
            "changed": changed,
        }

    def place(self, generation: dict) -> Path:
        place = self.files.find(generation["id"], generation["project_id"], generation.get("storage_path"))
        if place is None:
            raise HTTPException(404, f"there are no files of generation {generation['id']}")
        return place

    def _texts(self, generation: dict) -> dict[str, str]:
        place = self.place(generation)
        return {
            str(file.relative_to(place)): file.read_text(errors="replace")
            for file in place.rglob("*")
            if file.is_file() and file != place / "manifest.json"
        }

    @staticmethod
    def _require_versions(db) -> None:
        if not tracked(db):
            raise HTTPException(501, "this database does not track versions")

    @staticmethod
    def _one(db, query: str, values: dict, missing: str) -> dict:
        row = db.execute(text(query), values).mappings().first()
        if row is None:
            raise HTTPException(404, missing)
        return dict(row)

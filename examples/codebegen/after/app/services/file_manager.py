"""Where the files of generations are.

$STORAGE holds projects/PROJECT/generations/vVERSION__GENERATION/ with a manifest.json, and projects/PROJECT/active,
which leads to one of them. Generations from before that may still lie flat, as GENERATION/ or GENERATION.zip.
"""

import json
import os
import shutil
import uuid
from datetime import datetime
from pathlib import Path

STORAGE = Path(os.environ["STORAGE"])


class FileManager:
    def path(self, project_id: uuid.UUID | None, version: int, generation_id: uuid.UUID) -> str:
        return f"projects/{project_id or 'unassigned'}/generations/v{version}__{generation_id}"

    def find(self, generation_id: uuid.UUID, project_id: uuid.UUID | None, storage_path: str | None) -> Path | None:
        """Where the row says, or else flat, or else in the hierarchy: files and rows may be taken back separately."""
        places = [STORAGE / storage_path] if storage_path else []
        places += [STORAGE / str(generation_id), STORAGE / f"{generation_id}.zip"]
        for place in places:
            if place.exists():
                return place
        return next(
            STORAGE.glob(f"projects/{project_id or 'unassigned'}/generations/v*__{generation_id}"),
            None,
        )

    def write(self, place: str, files: dict[str, str], manifest: dict | None = None) -> None:
        """Into a directory that becomes visible as a whole."""
        directory = STORAGE / place
        unfinished = directory.with_name("." + directory.name)
        for name, content in files.items():
            file = unfinished / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        if manifest is not None:
            (unfinished / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
        unfinished.rename(directory)

    def manifest(
        self, generation_id: uuid.UUID, project_id: uuid.UUID, version: int, created: datetime, files: dict[str, str]
    ) -> dict:
        return {
            "generation_id": str(generation_id),
            "project_id": str(project_id),
            "version": version,
            "created_at": created.isoformat(),
            "files": [{"path": name, "size": len(content.encode())} for name, content in sorted(files.items())],
        }

    def delete(self, project_id: uuid.UUID, generation_ids: list[uuid.UUID]) -> None:
        for place in [STORAGE / "projects" / str(project_id), *(STORAGE / str(id) for id in generation_ids)]:
            shutil.rmtree(place, ignore_errors=True)

    def activate(self, project_id: uuid.UUID, version: int, generation_id: uuid.UUID) -> None:
        """In one step: whoever reads sees the old one or the new one."""
        link = STORAGE / "projects" / str(project_id) / "active"
        fresh = link.with_name(f".active-{uuid.uuid4()}")
        fresh.symlink_to(f"generations/v{version}__{generation_id}")
        fresh.rename(link)

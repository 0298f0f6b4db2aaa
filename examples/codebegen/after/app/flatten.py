"""Puts what this version of the API has generated where its predecessor looks for it: python -m app.flatten

For a rollback. Twice equals once. Directories that a migration has moved name it in their manifest, and are its own to
move back.
"""

import json

from app.services.file_manager import STORAGE


def flatten() -> int:
    moved = 0
    for manifest in STORAGE.glob("projects/*/generations/v*__*/manifest.json"):
        if "migrated_from" not in json.loads(manifest.read_text()):
            manifest.parent.rename(STORAGE / manifest.parent.name.split("__", 1)[1])
            moved += 1
    # Last, because it is by its manifest that a generation is known as one of ours.
    for manifest in STORAGE.glob("*/manifest.json"):
        if json.loads(manifest.read_text()).get("generation_id") == manifest.parent.name:
            manifest.unlink()
    return moved


if __name__ == "__main__":
    print(flatten(), "generations are flat again")

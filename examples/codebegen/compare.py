"""Compares the rows, the schema and the files of two systems that began alike: compare.py GUIDE GODWIT"""

import hashlib
import sys
from pathlib import Path

import psycopg

GENERATION = """SELECT id, project_id, prompt, status, created_at, model, file_count, total_bytes, version FROM generations
ORDER BY id"""
COLUMNS = """SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = 'public' ORDER BY 1, 2"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
CONSTRAINTS = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
ORDER BY 1"""
REVISION = "SELECT version_num FROM alembic_version"
VERSIONS = "SELECT id, latest_version, name, created_at, current_generation_id FROM projects ORDER BY id"
ACTIVE = """SELECT p.id, p.active_generation_id, g.status FROM projects p LEFT JOIN generations g
ON g.id = p.active_generation_id ORDER BY p.id"""
INCONSISTENT = """SELECT count(*) FROM projects p LEFT JOIN generations g ON g.id = p.active_generation_id
WHERE p.active_generation_id IS NOT NULL AND NOT g.is_active"""
WITHOUT_PATH = "SELECT count(*) FROM generations WHERE status = 'completed' AND storage_path IS NULL"


class System:
    def __init__(self, home: str):
        self.storage = Path(home) / "storage"
        url = (Path(home) / "secrets/CODEBEGEN_DATABASE_URL").read_text()
        self.database = psycopg.connect(url.replace("+psycopg", ""))

    def rows(self, query: str) -> list[tuple]:
        return self.database.execute(query).fetchall()

    def places(self) -> dict[str, Path]:
        """Where each generation is, flat or not."""
        found = {}
        for place in self.storage.iterdir():
            if place.name != "projects":
                found[place.name.removesuffix(".zip")] = place
        for place in self.storage.glob("projects/*/generations/v*__*"):
            found[place.name.split("__")[1]] = place
        return found

    def files(self) -> dict[str, list[tuple[str, str]]]:
        """By generation, its files with their hashes; manifests apart."""
        return {generation: sorted(self.content(place)) for generation, place in self.places().items()}

    @staticmethod
    def content(place: Path):
        if place.is_file():
            yield place.name, hashlib.sha256(place.read_bytes()).hexdigest()
        for file in place.rglob("*"):
            if file.is_file() and file != place / "manifest.json":
                yield str(file.relative_to(place)), hashlib.sha256(file.read_bytes()).hexdigest()


guide, godwit = System(sys.argv[1]), System(sys.argv[2])
unexpected = 0
for what, query in {
    "revision": REVISION,
    "columns": COLUMNS,
    "indexes": INDEXES,
    "constraints": CONSTRAINTS,
    "generations and their versions": GENERATION,
    "projects and their latest versions": VERSIONS,
}.items():
    one, other = guide.rows(query), godwit.rows(query)
    unexpected += one != other
    print(f"{what}: {'the same' if one == other else 'DIFFERENT'}, {len(other)} rows")

one, other = guide.files(), godwit.files()
unexpected += one != other
files = sum(len(content) for content in other.values())
print(f"files of generations: {'the same' if one == other else 'DIFFERENT'}, {files} in {len(other)} generations")

differences = [
    (before, after) for before, after in zip(guide.rows(ACTIVE), godwit.rows(ACTIVE), strict=True) if before != after
]
unexpected += sum(before[2] == "completed" for before, _ in differences)
print(f"active generations: {len(differences)} projects differ, where the guide makes a failed one active")
for system, name in ((guide, "the guide"), (godwit, "Godwit")):
    print(
        f"{name}: {system.rows(INCONSISTENT)[0][0]} projects whose active generation is not marked is_active,"
        f" {system.rows(WITHOUT_PATH)[0][0]} generations without storage_path,"
        f" {sum(1 for _ in system.storage.glob('projects/*/generations/v*__*'))} in the hierarchy,"
        f" {sum(1 for _ in system.storage.glob('projects/*/generations/*/manifest.json'))} manifests,"
        f" {sum(link.is_symlink() for link in system.storage.glob('projects/*/active'))} links"
    )
# What Godwit leaves must be whole.
unexpected += godwit.rows(INCONSISTENT)[0][0] + godwit.rows(WITHOUT_PATH)[0][0]
unexpected += sum(1 for place in godwit.storage.iterdir() if place.name != "projects")
sys.exit(1 if unexpected else 0)

"""Fills the database and the storage as the API before version tracking has left them, the same for the same numbers.

seed.py --generations 3000 --projects 120 [--orphans 0] [--missing-active 9]

Every 25th generation is one archive, every 50th failed and has no files, every 100th belongs to no project; the first
project has more than 50 versions. --orphans: projects that show a generation which somebody deleted. --missing-active: projects
that show none although they have some.
"""

import argparse
import io
import os
import random
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from app.core.pipeline import generate

WORDS = "shop chat blog invoice parser scraper login search upload report graph queue editor player router".split()
START = datetime(2025, 1, 1, tzinfo=UTC)

parser = argparse.ArgumentParser()
parser.add_argument("--generations", type=int, default=3000)
parser.add_argument("--projects", type=int, default=120)
parser.add_argument("--orphans", type=int, default=0)
parser.add_argument("--missing-active", type=int, default=9)
options = parser.parse_args()

chance = random.Random(options.generations)
storage = Path(os.environ["STORAGE"])
storage.mkdir(parents=True, exist_ok=True)


def identifier() -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def write(generation: uuid.UUID, number: int, created: datetime, prompt: str, model: str) -> tuple[int, int]:
    """The files of a generation, with the times at which they were made; returns their number and size."""
    files = generate(prompt, model)
    times = (created.timestamp(), created.timestamp())
    if number % 25 == 0:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(name), text)
        place = storage / f"{generation}.zip"
        place.write_bytes(content.getvalue())
        os.utime(place, times)
    else:
        place = storage / str(generation)
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
            os.utime(place / name, times)
        for directory in (*(file for file in place.iterdir() if file.is_dir()), place):
            os.utime(directory, times)
    return len(files), sum(len(text.encode()) for text in files.values())


projects = [identifier() for _ in range(options.projects)]
current: dict[uuid.UUID, uuid.UUID] = {}
generations = []
for number in range(options.generations):
    generation, created = identifier(), START + timedelta(minutes=7 * number, microseconds=chance.randrange(10**6))
    project = projects[0] if number % 5 == 4 and number < 300 else chance.choice(projects[1:])
    if number % 100 == 99:
        project = None
    prompt = f"{chance.choice(WORDS)} {chance.choice(WORDS)} number{number}"
    model = chance.choice(["qwen2.5-coder", "deepseek-coder", "codellama"])
    files = size = 0
    status = "failed" if number % 50 == 49 and number % 100 != 99 else "completed"
    if status == "completed":
        files, size = write(generation, number, created, prompt, model)
        if project:
            current[project] = generation
    generations.append((generation, project, prompt, status, created, model, files, size))

with_generations = [project for project in projects if project in current]
for project in with_generations[1 : 1 + options.missing_active]:
    del current[project]
for project in with_generations[-options.orphans :] if options.orphans else []:
    current[project] = identifier()

with psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", "")) as database:
    # The pointer has no foreign key here; that is how orphans came about.
    with database.cursor().copy("COPY projects (id, name, created_at, current_generation_id) FROM STDIN") as copy:
        for number, project in enumerate(projects):
            copy.write_row((project, f"project {number:04}", START, current.get(project)))
    with database.cursor().copy(
        "COPY generations (id, project_id, prompt, status, created_at, model, file_count, total_bytes) FROM STDIN"
    ) as copy:
        for row in generations:
            copy.write_row(row)
print(f"{len(projects)} projects with {len(generations)} generations")

"""Notes what clients download, and compares: downloads.py record|compare FILE

By the old address of each generation, and when comparing by its address with a version, too. The API is $API, the
generations are those of $DATABASE_URL, 40 of them spread over all.
"""

import hashlib
import json
import os
import sys
import urllib.request
from pathlib import Path

import psycopg

SAMPLE = """
SELECT id FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS number, count(*) OVER () AS total
FROM generations WHERE status = 'completed') numbered WHERE number % greatest(1, total / 40) = 0
"""


def downloaded(path: str) -> str:
    request = urllib.request.Request(
        os.environ["API"] + path, headers={"Authorization": "Bearer " + os.environ["API_TOKEN"]}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return hashlib.sha256(response.read()).hexdigest()


def record(database, file: Path) -> None:
    found = {str(id): downloaded(f"/generations/{id}/download") for (id,) in database.execute(SAMPLE)}
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(found, indent=2))
    unfinished.rename(file)
    print(len(found), "downloads noted")


def compare(database, file: Path) -> None:
    expected = json.loads(file.read_text())
    different = []
    for id, (project, version) in {
        str(id): where
        for id, *where in database.execute(
            "SELECT id, project_id, version FROM generations WHERE id = ANY(%s)", (list(expected),)
        )
    }.items():
        addresses = [f"/generations/{id}/download"]
        if project:
            addresses.append(f"/projects/{project}/generations/{version}/download")
        different += [address for address in addresses if downloaded(address) != expected[id]]
    if different:
        sys.exit(f"{len(different)} downloads are not as before: {', '.join(different[:5])}")
    print(len(expected), "downloads are as before")


with psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", "")) as connection:
    {"record": record, "compare": compare}[sys.argv[1]](connection, Path(sys.argv[2]))

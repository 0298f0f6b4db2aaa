"""Counts what the guide counts when it validates the database, as JSON in the last line: counts.py"""

import json
import os

import psycopg
from psycopg.rows import dict_row

COUNTS = """
SELECT count(*) AS total_generations, count(version) AS with_versions,
count(CASE WHEN is_active = true THEN 1 END) AS active_generations, max(version) AS max_version FROM generations
"""

with psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", ""), row_factory=dict_row) as database:
    print(json.dumps(database.execute(COUNTS).fetchone()))

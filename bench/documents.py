#!/usr/bin/python3
"""What documents are migrated with by hand, for the benchmarks P1 to P3, and what proves the results equal.

documents.py files FROM TO              the guide's: json.load, then json.dump(indent=2)
documents.py sqlite FROM DATABASE       sqlite3, a commit per 1000 files
documents.py postgres FROM DSN TABLE    psycopg2 COPY, a commit per 1000 files
documents.py same-files FROM TO         every document of TO is what FROM's gives; numbers exactly
documents.py same-sqlite FROM DATABASE
documents.py same-postgres FROM DSN TABLE
"""
import decimal
import io
import json
import os
import sys

STARTED = "2026-01-01T00:00:00Z"


def v2(document, name):
    result = {
        "session_info": {
            "session_id": document.get("session_id", "migrated_" + name),
            "start_time": document.get("session_timestamp"),
            "version": "2.0",
            "migrated_from": "1.0",
            "migration_timestamp": STARTED,
            "enhanced_features": True,
        },
        "configuration": document.get("configuration", {}),
        "detections": [],
    }
    for detection in document.get("detections", []):
        result["detections"].append({
            **detection,
            "enhanced": False,
            "migration_source": "v1",
            "ocr_confidence": detection.get("confidence", 0),
            "detection_confidence": detection.get("confidence", 0),
            "video_path": None,
        })
    return result


def documents(directory, **reading):
    for name in os.listdir(directory):
        if name.endswith(".json"):
            with open(os.path.join(directory, name)) as file:
                yield name, json.load(file, **reading)


def rows(name, document):
    for position, detection in enumerate(document["detections"]):
        yield (name, position, detection["plate_text"], detection["confidence"], detection["timestamp"],
               json.dumps(detection, ensure_ascii=False))


def files(source, target):
    os.makedirs(target, exist_ok=True)
    for name, document in documents(source):
        with open(os.path.join(target, name), "w") as file:
            json.dump(v2(document, name), file, indent=2)


def batches(source):
    batch = []
    for number, (name, document) in enumerate(documents(source), 1):
        batch.extend(rows(name, document))
        if number % 1000 == 0:
            yield batch
            batch = []
    yield batch


def sqlite(source, database):
    import sqlite3
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE detections (source TEXT NOT NULL, position INTEGER NOT NULL, plate TEXT,"
                       " confidence REAL, timestamp REAL, detection TEXT, PRIMARY KEY (source, position))")
    for batch in batches(source):
        connection.executemany("INSERT INTO detections VALUES (?, ?, ?, ?, ?, ?)", batch)
        connection.commit()
    connection.close()


def postgres(source, dsn, table):
    import psycopg2
    connection = psycopg2.connect(dsn)
    cursor = connection.cursor()
    cursor.execute(f"CREATE TABLE {table} (source text NOT NULL, position bigint NOT NULL, plate text,"
                   " confidence double precision, timestamp double precision, detection jsonb,"
                   " PRIMARY KEY (source, position))")

    def escaped(value):
        return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")

    for batch in batches(source):
        text = io.StringIO("".join("\t".join(map(escaped, row)) + "\n" for row in batch))
        cursor.copy_expert(f"COPY {table} FROM STDIN", text)
        connection.commit()
    connection.close()


EXACT = {"parse_float": decimal.Decimal}


def require(what, expected, actual):
    if expected != actual:
        sys.exit(f"{what}: expected {expected}, found {actual}")


def same_files(source, target):
    names = set()
    for name, document in documents(source, **EXACT):
        names.add(name)
        with open(os.path.join(target, name)) as file:
            actual = json.load(file, **EXACT)
        actual["session_info"]["migration_timestamp"] = STARTED
        require(name, v2(document, name), actual)
    require("files", names, {name for name in os.listdir(target)})


def same_rows(source, found):
    expected = {}
    for name, document in documents(source, **EXACT):
        for position, detection in enumerate(document["detections"]):
            expected[name, position] = detection
    count = 0
    for name, position, plate, confidence, timestamp, detection in found:
        count += 1
        row = expected[name, position]
        require((name, position), (row["plate_text"], float(row["confidence"]), float(row["timestamp"])),
                (plate, confidence, timestamp))
        require((name, position), row, json.loads(detection, **EXACT))
    require("rows", len(expected), count)


def same_sqlite(source, database):
    import sqlite3
    same_rows(source, sqlite3.connect(database).execute(
        "SELECT source, position, plate, confidence, timestamp, detection FROM detections"))


def same_postgres(source, dsn, table):
    import psycopg2
    cursor = psycopg2.connect(dsn).cursor("rows")
    cursor.execute(f"SELECT source, position, plate, confidence, timestamp, detection::text FROM {table}")
    same_rows(source, cursor)


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])

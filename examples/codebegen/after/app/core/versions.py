"""Whether the database tracks versions; the API works without, as it did before."""

from sqlalchemy import text


def tracked(db) -> bool:
    """Asked anew in each request: a downgrade may have come in between."""
    return db.execute(
        text(
            "SELECT count(*) = 2 FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND (attrelid, attname) IN"
            " (('generations'::regclass, 'version'), ('projects'::regclass, 'active_generation_id'))"
        )
    ).scalar()

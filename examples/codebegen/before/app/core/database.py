"""Sessions of PostgreSQL, at $DATABASE_URL."""

import os
from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=20, pool_timeout=30, pool_pre_ping=True)
Session = sessionmaker(engine)


@contextmanager
def get_db():
    """A session, which commits by itself only when it is told to."""
    with Session() as session:
        yield session

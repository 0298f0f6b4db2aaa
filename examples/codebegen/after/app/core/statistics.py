"""What the alerts of the API look at, since it started."""

import threading
from collections import Counter

from sqlalchemy.exc import OperationalError, TimeoutError

_counts: Counter[str] = Counter()
_lock = threading.Lock()


def count(what: str) -> None:
    with _lock:
        _counts[what] += 1


def failed(error: Exception) -> int:
    """Counts an error by its kind, and returns the status of the answer."""
    if isinstance(error, (TimeoutError, OperationalError)):
        count("connection_timeouts")
        return 503
    if isinstance(error, PermissionError):
        count("permission_errors")
    return 500


def counted() -> dict:
    with _lock:
        counts = dict(_counts)
    requests = counts.get("requests", 0)
    return {
        "requests": requests,
        "errors": counts.get("errors", 0),
        "error_rate": counts.get("errors", 0) / requests if requests else 0,
        "connection_timeouts": counts.get("connection_timeouts", 0),
        "permission_errors": counts.get("permission_errors", 0),
    }

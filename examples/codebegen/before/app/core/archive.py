"""Generations as clients download them."""

import io
import zipfile
from pathlib import Path


def zipped(place: Path) -> bytes:
    """All files below a directory, or the archive itself where a generation is one; the same bytes each time."""
    if place.is_file():
        return place.read_bytes()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(place.rglob("*")):
            if file.is_file():
                archive.writestr(zipfile.ZipInfo(str(file.relative_to(place))), file.read_bytes())
    return content.getvalue()

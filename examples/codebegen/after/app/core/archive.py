"""Generations as clients download them."""

import io
import zipfile
from pathlib import Path


def zipped(place: Path) -> bytes:
    """All files below a directory, or the archive itself where a generation is one; the same bytes each time."""
    if place.is_file():
        return place.read_bytes()
    archives = [file for file in place.iterdir() if file.name != "manifest.json"]
    if len(archives) == 1 and archives[0].suffix == ".zip":
        return archives[0].read_bytes()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(place.rglob("*")):
            if file.is_file() and file != place / "manifest.json":
                archive.writestr(zipfile.ZipInfo(str(file.relative_to(place))), file.read_bytes())
    return content.getvalue()

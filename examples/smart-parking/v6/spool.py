"""Frames that the database could not take yet, a file each; a background job hands them over."""

import os
from pathlib import Path


class Spool:
    def __init__(self, directory: str):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)

    def __len__(self) -> int:
        return sum(1 for _ in self.directory.glob("*.json"))

    def keep(self, name: str, content: bytes):
        """Returns when the frame would outlive a crash of the machine: then it may be acknowledged."""
        part = self.directory / f"{name}.part"
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.directory / f"{name}.json")
        directory = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    async def hand_over(self, take):
        for file in sorted(self.directory.glob("*.json")):
            await take(file.read_bytes())
            file.unlink()

"""What the API keeps of an uplink as ChirpStack sends it."""

import json
from datetime import datetime
from typing import NamedTuple


class Uplink(NamedTuple):
    dev_eui: str
    f_cnt: int
    sent_at: datetime
    occupied: bool | None
    battery: float | None
    rssi: int | None
    payload: str
    name: str

    @staticmethod
    def read(content: bytes) -> "Uplink":
        """Raises KeyError, TypeError or ValueError if the content is no uplink."""
        frame = json.loads(content)
        device, measured = frame["deviceInfo"], frame.get("object", {})
        dev_eui = device["devEui"].upper()
        return Uplink(
            dev_eui,
            int(frame["fCnt"]),
            datetime.fromisoformat(frame["time"]),
            measured.get("occupied"),
            measured.get("battery"),
            max((gateway["rssi"] for gateway in frame.get("rxInfo", [])), default=None),
            content.decode(),
            device.get("deviceName", dev_eui),
        )

    def measured(self) -> str:
        return json.dumps({"occupied": self.occupied, "battery": self.battery})


# Of a session: compiling a query takes 0.7 s on each new connection, in which every uplink waits.
SETTINGS = {"jit": "off"}
UPLINKS = """
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::boolean[], $5::float8[], $6::integer[],
        $7::jsonb[], $8::text[]) AS each (dev_eui, f_cnt, sent_at, occupied, battery, rssi, payload, name)
"""


def columns(uplinks: list[Uplink]) -> list[list]:
    """The arguments for a query that begins with UPLINKS."""
    return [[uplink[number] for uplink in uplinks] for number in range(len(Uplink._fields))]

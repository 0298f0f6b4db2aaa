"""A ChirpStack with many devices: sends their uplinks to the parking API, each once, at a steady rate, and notes
every one.

Uplinks go out when they are due, also while earlier ones still wait for their answer. A connection that cannot be
made is tried at the next address of the name; a request that was sent is never sent again. So a frame that is not
answered with 200 is noted as failed. Frame numbers go on where the notes of an earlier simulator end.

GET /status tells how it goes, GET /api/devices lists the devices as ChirpStack does. SIGTERM: it sends nothing more,
waits for the answers that are due, and ends.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import os
import random
import signal
import socket
import sys
import time
from collections import Counter, deque
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

FIRST = ["58A0CB00001196F3", "58A0CB0000115B4E", "58A0CB000011590D"]
IDLE_SECONDS = 4  # Less than the server's 5, so that a connection is not given up by both at once.


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://api:8000/api/v1/uplink")
    parser.add_argument("--devices", type=int, default=3, help="3 to 1000")
    parser.add_argument("--rate", type=float, default=200, help="uplinks a second, of all devices together")
    parser.add_argument("--duplicates", type=float, default=0.005, help="how many frames a gateway brings twice, of 1")
    parser.add_argument("--connections", choices=["keep-alive", "close"], default="keep-alive")
    parser.add_argument("--addresses", choices=["all", "first"], default="all", help="which of a name's are tried")
    parser.add_argument("--connect-timeout", type=float, default=2, help="seconds for connecting to one address")
    parser.add_argument("--timeout", type=float, default=10, help="seconds for an answer")
    parser.add_argument("--notes", type=Path, default=Path("/notes/frames.jsonl"))
    parser.add_argument("--port", type=int, default=8080, help="of its own status")
    return parser.parse_args()


class Connections:
    """Kept-alive connections, the one used last first, as the pools of HTTP clients have them."""

    def __init__(self, host: str, port: int, options):
        self.host = host
        self.port = port
        self.options = options
        self.idle = deque()

    async def take(self):
        """A connection and the address that it leads to."""
        while self.idle:
            reader, writer, since = self.idle.pop()
            if not reader.at_eof() and time.monotonic() - since < IDLE_SECONDS:
                return reader, writer
            writer.close()
        return await self._connect()

    async def _connect(self):
        found = await asyncio.get_running_loop().getaddrinfo(
            self.host, self.port, family=socket.AF_INET, type=socket.SOCK_STREAM
        )
        addresses = [address[0] for *_, address in found]
        problem = None
        for address in addresses if self.options.addresses == "all" else addresses[:1]:
            try:
                async with asyncio.timeout(self.options.connect_timeout):
                    return await asyncio.open_connection(address, self.port)
            except OSError as failure:  # TimeoutError is one.
                problem = failure
        raise ConnectionError(f"cannot connect to {', '.join(addresses)}: {problem!r}")

    def give_back(self, reader, writer, keep: bool):
        if keep and self.options.connections == "keep-alive":
            self.idle.append((reader, writer, time.monotonic()))
        else:
            writer.close()

    def close_idle(self):
        while self.idle and time.monotonic() - self.idle[0][2] > IDLE_SECONDS:
            self.idle.popleft()[1].close()


class Simulator:
    def __init__(self, options, secret: bytes):
        url = urlsplit(options.url)
        self.options = options
        self.secret = secret
        self.path = url.path
        self.host = url.netloc
        self.connections = Connections(url.hostname, url.port or 80, options)
        self.devices = [
            FIRST[number] if number < len(FIRST) else f"58A0CB00{0x20000000 + number:08X}"
            for number in range(options.devices)
        ]
        self.next_frame = dict.fromkeys(self.devices, 1)
        self.occupied = dict.fromkeys(self.devices, False)
        self.counts = Counter()
        self.failures = deque(maxlen=10)
        self.milliseconds = deque(maxlen=5000)
        self.longest_gap = 0.0
        self.last_good = None
        self.stopping = asyncio.Event()
        self._go_on()
        self.notes = options.notes.open("a", buffering=1)

    def _go_on(self):
        if self.options.notes.exists():
            with self.options.notes.open() as notes:
                for note in map(json.loads, notes):
                    self.next_frame[note["dev_eui"]] = max(self.next_frame.get(note["dev_eui"], 1), note["f_cnt"] + 1)

    async def run(self):
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        status = await asyncio.start_server(self._tell, "0.0.0.0", self.options.port)
        await self._send(self._frame(self.devices[0]), duplicate=False)  # So that both are warm.
        waiting = set()
        began = loop.time()
        sent = 0
        while not self.stopping.is_set():
            while sent < (loop.time() - began) * self.options.rate:
                frame = self._frame(self.devices[sent % len(self.devices)])
                twice = random.random() < self.options.duplicates
                for duplicate in (False, True) if twice else (False,):
                    task = loop.create_task(self._send(frame, duplicate))
                    waiting.add(task)
                    task.add_done_callback(waiting.discard)
                sent += 1
            self.connections.close_idle()
            await asyncio.sleep(max(0.001, min(0.05, began + sent / self.options.rate - loop.time())))
        if waiting:
            await asyncio.wait(waiting)
        status.close()
        self.notes.close()

    def _frame(self, dev_eui: str) -> dict:
        number = self.next_frame[dev_eui]
        self.next_frame[dev_eui] = number + 1
        if random.random() < 0.2:
            self.occupied[dev_eui] = not self.occupied[dev_eui]
        occupied, battery = self.occupied[dev_eui], round(3.6 - number % 1000 / 4000, 3)
        return {
            "deduplicationId": hashlib.sha256(f"{dev_eui}{number}".encode()).hexdigest()[:32],
            "time": datetime.now(timezone.utc).isoformat(),
            "deviceInfo": {
                "tenantName": "ChirpStack",
                "applicationName": "parking",
                "deviceProfileName": "parking-sensor",
                "deviceName": f"parking-{dev_eui[-4:]}",
                "devEui": dev_eui.lower(),
            },
            "devAddr": dev_eui[-8:].lower(),
            "fCnt": number,
            "fPort": 2,
            "confirmed": False,
            "data": base64.b64encode(bytes([occupied, int(battery * 50)])).decode(),
            "object": {"occupied": occupied, "battery": battery},
            "rxInfo": [
                {"gatewayId": f"a84041ffff00000{1 + each}", "rssi": -70 - (number + each) % 40, "snr": 9.5 - each}
                for each in range(1 + number % 2)
            ],
            "txInfo": {"frequency": 868100000 + 200000 * (number % 3)},
        }

    async def _send(self, frame: dict, duplicate: bool):
        began, due = time.monotonic(), time.time()
        status, failure, address = 0, "", ""
        try:
            async with asyncio.timeout(self.options.timeout):
                reader, writer = await self.connections.take()
                address = writer.get_extra_info("peername")[0]
                status = await self._exchange(reader, writer, frame)
        except TimeoutError:
            failure = f"no answer within {self.options.timeout} s"
        except (OSError, EOFError, ValueError) as problem:
            failure = str(problem) or repr(problem)
        self._note(frame, duplicate, due, time.monotonic() - began, status, address, failure)

    async def _exchange(self, reader, writer, frame: dict) -> int:
        content = json.dumps(frame).encode()
        try:
            writer.write(
                f"POST {self.path}?event=up HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
                f"X-Signature: {hmac.new(self.secret, content, hashlib.sha256).hexdigest()}\r\n"
                f"Content-Length: {len(content)}\r\n\r\n".encode() + content
            )
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
            await reader.readexactly(int(length.partition(":")[2]))
        except BaseException:
            writer.close()
            raise
        self.connections.give_back(reader, writer, keep="connection: close" not in head)
        return int(head.split(" ", 2)[1])

    def _note(self, frame, duplicate, due, seconds, status, address, failure):
        now = time.monotonic()
        note = {
            "dev_eui": frame["deviceInfo"]["devEui"].upper(),
            "f_cnt": frame["fCnt"],
            "at": round(due, 6),
            "ms": round(1000 * seconds, 3),
            "status": status,
            "address": address,
        }
        if duplicate:
            note["duplicate"] = True
        if status == 200:
            self.counts["acknowledged"] += 1
            if self.last_good is not None:
                self.longest_gap = max(self.longest_gap, now - self.last_good)
            self.last_good = now
            self.milliseconds.append(1000 * seconds)
        else:
            note["failure"] = failure or f"status {status}"
            self.counts["failed"] += 1
            self.failures.append(note)
        self.notes.write(json.dumps(note) + "\n")

    def status(self) -> dict:
        last = sorted(self.milliseconds)
        return {
            "acknowledged": self.counts["acknowledged"],
            "failed": self.counts["failed"],
            "longest_gap_ms": round(1000 * self.longest_gap, 1),
            "average_ms": round(sum(last) / len(last), 3) if last else None,
            "p99_ms": round(last[int(0.99 * (len(last) - 1))], 3) if last else None,
            "devices": len(self.devices),
            "rate": self.options.rate,
            "failures": list(self.failures),
        }

    async def _tell(self, reader, writer):
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            if path == b"/api/devices":
                listed = [{"devEui": each, "name": f"parking-{each[-4:]}"} for each in self.devices]
                content = json.dumps({"totalCount": len(listed), "result": listed}).encode()
            else:
                content = json.dumps(self.status()).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                + f"Content-Length: {len(content)}\r\n\r\n".encode()
                + content
            )
            await writer.drain()
        except (OSError, EOFError):
            pass  # Who asked has gone.
        finally:
            writer.close()


def main():
    options = arguments()
    if not 3 <= options.devices <= 1000:
        sys.exit("simulate: --devices must be from 3 to 1000")
    secret = os.environ.get("WEBHOOK_SECRET")
    if not secret:
        sys.exit("simulate: WEBHOOK_SECRET must be set, to sign what is sent")

    async def simulate():
        await Simulator(options, secret.encode()).run()

    asyncio.run(simulate())


if __name__ == "__main__":
    main()

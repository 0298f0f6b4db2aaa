#!/usr/bin/env python3
"""The successor of the legacy speech server: routers, and a library whose features are switched in config.yaml.

    cd HOME && python3 server_v2.py [--port 8005]

It shares its home with the legacy server: config.yaml, reference_audio/, voices/, outputs/, logs/; usage goes to
analytics/usage.jsonl in the new form. A change of config.yaml holds from the next request on. SIGTERM lets the requests
under way finish.

STTS_FAULTS makes it worse on request, several separated by commas: slower=30 (per cent), failing=6 (per cent of texts),
throughput=25 (per cent less), broken=adapters (or middleware, library, native: a feature that does not work once it is on),
broken=statistics (the last part of an endpoint's path, which answers 500).
"""

import argparse
import itertools
import json
import logging
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import yaml

HOME = Path.cwd()
SECTIONS = ("routers", "features")


def faults():
    pairs = (fault.split("=") for fault in os.environ.get("STTS_FAULTS", "").split(",") if fault)
    return {name: int(value) if value.isdigit() else value for name, value in pairs}


class Config:
    """config.yaml as it is now; one that cannot be read leaves the last one in force."""

    def __init__(self):
        self.file = HOME / "config.yaml"
        self.seen = None
        self.values = {}
        self.error = None

    def now(self):
        status = self.file.stat()
        if (status.st_mtime_ns, status.st_ino) != self.seen:
            try:
                self.values = yaml.safe_load(self.file.read_text()) or {}
                self.error = None
            except yaml.YAMLError as error:
                self.error = str(error)
            self.seen = (status.st_mtime_ns, status.st_ino)
        return self.values

    def at(self, path, default=None):
        value = self.now()
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return default if value is None else value

    def errors(self):
        missing = ["missing section: " + section for section in SECTIONS if section not in self.now()]
        return missing + ([self.error] if self.error else [])


class Speech:
    """Makes sound of text, a few texts at a time."""

    def __init__(self, config):
        self.config = config
        self.faults = faults()
        generation = config.at("gen", {})
        engines = generation.get("engines", 4)
        self.seconds = generation.get("seconds_per_request", 0.01)
        # Each text takes as long as before, and fewer of them are made at once.
        self.engines = threading.Semaphore(max(1, round(engines * (1 - self.faults.get("throughput", 0) / 100))))
        self.numbers = itertools.count(1)
        self.recording = threading.Lock()
        self.texts = 0
        self.failed = 0

    def features(self):
        switches = {
            "adapters": self.config.at("features.use_adapters", False),
            "middleware": self.config.at("middleware.timing.enabled", False),
            "library": self.config.at("features.library_integration", False),
            "native": self.config.at("features.native_library", False),
        }
        return [name for name, on in switches.items() if on]

    def works(self, feature):
        return feature in self.features() and self.faults.get("broken") != feature

    def voices(self):
        return sorted(file.stem for file in (HOME / "voices").glob("*.json"))

    def say(self, text, voice):
        limit = self.config.at("routers.core.tts.max_text_length", 5000)
        if len(text) > limit:
            return 413, {"error": f"a text has at most {limit} characters"}
        number = self.texts = next(self.numbers)
        with self.engines:
            begun = time.monotonic()
            time.sleep(self.seconds)
            time.sleep((time.monotonic() - begun) * self.faults.get("slower", 0) / 100)
        # Spread evenly: so many of each hundred.
        failing = self.faults.get("failing", 0)
        failed = number * failing // 100 > (number - 1) * failing // 100
        self.record({"voice_id": voice, "usage_count": 1, "timestamp": time.time(), "success": not failed})
        if failed:
            self.failed += 1
            return 500, {"error": "the engine gave up"}
        return 200, {"voice": voice, "characters": len(text), "seconds": round(len(text) / 15, 2)}

    def record(self, usage):
        with self.recording, (HOME / "analytics" / "usage.jsonl").open("a") as file:
            file.write(json.dumps(usage) + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        config, speech = self.server.config, self.server.speech
        answers = {
            "/health": lambda: {"version": "2.0.0", "architecture": "routers", "features": speech.features(),
                                "pid": os.getpid()},
            "/config": config.now,
            "/config/validation": lambda: {"is_valid": not config.errors(), "errors": config.errors()},
            "/tts/voices": speech.voices,
            "/tts/statistics": lambda: {"requests": speech.texts, "failed": speech.failed,
                                        "middleware": speech.works("middleware")},
            "/tts/middleware/status": lambda: {
                "pipeline_status": "active" if speech.works("middleware") else "inactive"},
            "/stt/status": lambda: {"adapter_type": "legacy_engines" if speech.works("adapters") else None,
                                    "library": speech.works("library"), "native": speech.works("native")},
            "/get_reference_files": lambda: sorted(file.name for file in (HOME / "reference_audio").iterdir()),
        }
        path = urlsplit(self.path).path
        answer = answers.get(path)
        if answer and path.endswith("/" + str(speech.faults.get("broken"))):
            self.reply(500, {"error": path + " does not work"})
            return
        self.reply(200, answer()) if answer else self.reply(404, {"error": "there is no " + self.path})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        path = urlsplit(self.path).path
        if path == "/tts":
            self.reply(*self.server.speech.say(body.get("text", ""), body.get("voice_id", "default")))
        elif path == "/save_settings":
            self.reply(200, {"saved": sorted(body)})
        else:
            self.reply(404, {"error": "there is no " + self.path})

    def reply(self, status, data):
        content = json.dumps({"success": status < 400, "data": data}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if self.server.stopping:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, form, *values):
        logging.info(form, *values, extra={"request_id": self.headers.get("X-Request-ID", "-")})


class WithRequest(logging.Formatter):
    """The log format is that of config.yaml, whose %(request_id)s only requests have."""

    def format(self, record):
        record.__dict__.setdefault("request_id", "-")
        return super().format(record)


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256
    stopping = False

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Handler)
        self.config = Config()
        self.speech = Speech(self.config)

    def stop(self, *_):
        self.stopping = True
        threading.Thread(target=self.shutdown).start()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=8005)
    port = arguments.parse_args().port
    for directory in ("reference_audio", "voices", "outputs", "analytics", "logs"):
        (HOME / directory).mkdir(exist_ok=True)
    Handler.timeout = 5
    server = Server(port)
    log = logging.FileHandler(HOME / "logs" / "server_v2.log")
    log.setFormatter(WithRequest(server.config.at("logging.format", "%(asctime)s %(levelname)s %(message)s")))
    logging.basicConfig(handlers=[log], level=logging.INFO)
    signal.signal(signal.SIGTERM, server.stop)
    logging.info("the server listens on port %s", port)
    server.serve_forever(poll_interval=0.05)
    server.server_close()


if __name__ == "__main__":
    main()

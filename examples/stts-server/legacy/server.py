#!/usr/bin/env python3
"""The legacy speech server: one program that does everything.

    cd HOME && python3 server.py [--port 8004]

Its home is its working directory: config.yaml, reference_audio/, voices/, outputs/, analytics/records.jsonl, logs/. It reads
config.yaml once, when it starts. SIGTERM lets the requests under way finish.

Python 3.8 and PyYAML are all that it needs.
"""

import argparse
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


def load_config():
    return yaml.safe_load((HOME / "config.yaml").read_text()) or {}


class Speech:
    """Makes sound of text, a few texts at a time."""

    def __init__(self, config):
        generation = config.get("gen", {})
        self.seconds = generation.get("seconds_per_request", 0.01)
        self.engines = threading.Semaphore(generation.get("engines", 4))
        self.recording = threading.Lock()

    def voices(self):
        return sorted(file.stem for file in (HOME / "voices").glob("*.json"))

    def say(self, text, voice):
        with self.engines:
            time.sleep(self.seconds)
        self.record({"voice": voice, "count": 1, "timestamp": time.time(), "success": True})
        return {"voice": voice, "characters": len(text), "seconds": round(len(text) / 15, 2)}

    def record(self, usage):
        with self.recording, (HOME / "analytics" / "records.jsonl").open("a") as file:
            file.write(json.dumps(usage) + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        speech = self.server.speech
        answers = {
            "/health": lambda: {"version": "1.4.2", "architecture": "legacy", "features": [], "pid": os.getpid()},
            "/config": lambda: self.server.config,
            "/tts/voices": speech.voices,
            "/get_reference_files": lambda: sorted(file.name for file in (HOME / "reference_audio").iterdir()),
        }
        answer = answers.get(urlsplit(self.path).path)
        self.reply(200, answer()) if answer else self.reply(404, {"error": "there is no " + self.path})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        path = urlsplit(self.path).path
        if path == "/tts":
            self.reply(200, self.server.speech.say(body.get("text", ""), body.get("voice_id", "default")))
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
        logging.info(form, *values)


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256
    stopping = False

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Handler)
        self.config = load_config()
        self.speech = Speech(self.config)

    def stop(self, *_):
        self.stopping = True
        threading.Thread(target=self.shutdown).start()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=8004)
    port = arguments.parse_args().port
    for directory in ("reference_audio", "voices", "outputs", "analytics", "logs"):
        (HOME / directory).mkdir(exist_ok=True)
    logging.basicConfig(filename=HOME / "logs" / "server.log", level=logging.INFO,
                        format="%(asctime)s %(levelname)s %(message)s")
    Handler.timeout = 5
    server = Server(port)
    signal.signal(signal.SIGTERM, server.stop)
    logging.info("the legacy server listens on port %s", port)
    server.serve_forever(poll_interval=0.05)
    server.server_close()


if __name__ == "__main__":
    main()

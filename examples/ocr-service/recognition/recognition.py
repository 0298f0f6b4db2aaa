"""Stands in for the recognition API: slow, limited in its rate, and it wants its key, of which it knows the hash only.

It answers what stands in the text of a PDF. Documents with the same content take the same time. GET /stats counts.
"""
import base64
import hashlib
import json
import os
import re
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY_SHA256 = Path(__file__).with_name("key.sha256").read_text().strip()
LIMIT = int(os.environ.get("LIMIT_PER_MINUTE", "60"))
SLOWEST = float(os.environ.get("SLOWEST_SECONDS", "1.5"))

lock = threading.Lock()
recent = deque()
counts = {"answered": 0, "limited": 0, "unauthenticated": 0, "unreadable": 0}


def seconds_to_wait():
    """0 if the limit allows one more request now."""
    now = time.monotonic()
    while recent and recent[0] <= now - 60:
        recent.popleft()
    if len(recent) >= LIMIT:
        return recent[0] + 60 - now
    recent.append(now)
    return 0


def count(what):
    with lock:
        counts[what] += 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with lock:
            self.answer(200, counts)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("x-goog-api-key", "")
        if hashlib.sha256(key.encode()).hexdigest() != KEY_SHA256:
            count("unauthenticated")
            self.refuse(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
            return
        with lock:
            wait = seconds_to_wait()
        if wait > 0:
            count("limited")
            self.refuse(429, "RESOURCE_EXHAUSTED", f"Quota exceeded. Please retry in {wait:.1f}s.", wait)
            return
        try:
            document = base64.b64decode(json.loads(body)["contents"][0]["parts"][1]["inline_data"]["data"])
            text = dict(line.decode().split(": ", 1) for line in re.findall(rb"\(([^()]*: [^()]*)\) Tj", document))
            fields = {name.lower().replace(" ", "_"): value for name, value in text.items()}
        except (ValueError, KeyError, IndexError, TypeError):
            fields = {}
        if not fields:
            count("unreadable")
            self.refuse(400, "INVALID_ARGUMENT", "The document has no pages.")
            return
        time.sleep(SLOWEST * (0.2 + 0.8 * hashlib.sha256(document).digest()[0] / 255))
        count("answered")
        part = {"text": json.dumps(fields)}
        self.answer(200, {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}]})

    def refuse(self, status, name, message, wait=0):
        error = {"code": status, "message": message, "status": name}
        if wait:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait:.1f}s"}]
        self.answer(status, {"error": error})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Handler).serve_forever()

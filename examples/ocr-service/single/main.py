"""The single OCR service: a request waits until its certificate is read."""
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import app
import psutil

DOCUMENTS = os.environ.get("DOCUMENTS", "/docs")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            memory = psutil.Process().memory_info().rss
            self.answer(200, {"status": "healthy", "version": "1.4.2", "memory_bytes": memory})
        else:
            self.answer(404, {"error": "not found"})

    def do_POST(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/process":
            self.answer(404, {"error": "not found"})
            return
        try:
            path = os.path.realpath(json.loads(content)["file_path"])
        except (ValueError, KeyError, TypeError):
            self.answer(400, {"error": "the body must be JSON with a file_path"})
            return
        if not path.startswith(DOCUMENTS + "/") or not os.path.isfile(path):
            self.answer(404, {"error": "no such file"})
            return
        try:
            self.answer(200, {"file_path": path, "result": app.extract(path)})
        except app.Refused as refused:
            self.answer(503 if refused.status == 429 else 502, {"error": str(refused)})

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
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()

"""A chat that keeps what it is told, a line of JSON for each message: stakeholders.py PORT FILE PID_FILE"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

port, messages, pid_file = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])


class Chat(BaseHTTPRequestHandler):
    def do_POST(self):
        message = self.rfile.read(int(self.headers["Content-Length"]))
        with messages.open("ab") as file:
            file.write(message + b"\n")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", port), Chat)
pid_file.write_text(str(os.getpid()))
server.serve_forever()

"""Speaks as much of Grafana's HTTP API as importing dashboards needs, for where Grafana itself cannot be had.

https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/: POST /api/dashboards/db, GET and DELETE
/api/dashboards/uid/UID; and /api/search, /api/health. The user is admin. Nothing outlives the process.
"""
import base64
import hmac
import json
import os
import re
import threading
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

EXPECTED = "Basic " + base64.b64encode(f"admin:{os.environ['GF_SECURITY_ADMIN_PASSWORD']}".encode()).decode()

lock = threading.Lock()
dashboards = {}


class Refused(Exception):
    def __init__(self, status, **content):
        super().__init__(status)
        self.status = status
        self.content = content


def slug(title):
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def link(dashboard):
    return f"/d/{dashboard['uid']}/{slug(dashboard['title'])}"


def save(command):
    dashboard = command.get("dashboard") if isinstance(command, dict) else None
    if not isinstance(dashboard, dict):
        raise Refused(400, message="bad request data")
    if not str(dashboard.get("title") or "").strip():
        raise Refused(400, message="Dashboard title cannot be empty", status="empty-name")
    uid = dashboard.get("uid") or uuid.uuid4().hex[:12]
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", uid):
        raise Refused(400, message="uid contains illegal characters")
    with lock:
        old = dashboards.get(uid)
        if dashboard.get("id") and not (old and old["dashboard"]["id"] == dashboard["id"]):
            raise Refused(404, message="Dashboard not found", status="not-found")
        if old and not command.get("overwrite") and dashboard.get("version") != old["dashboard"]["version"]:
            raise Refused(412, message="The dashboard has been changed by someone else", status="version-mismatch")
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        identity = old["dashboard"]["id"] if old else 1 + max((d["dashboard"]["id"] for d in dashboards.values()), default=0)
        version = old["dashboard"]["version"] + 1 if old else 1
        saved = {**dashboard, "id": identity, "uid": uid, "version": version}
        dashboards[uid] = {"dashboard": saved, "created": old["created"] if old else now, "updated": now}
    return {"id": identity, "uid": uid, "url": link(saved), "status": "success", "version": version, "slug": slug(saved["title"])}


def found(uid):
    if uid not in dashboards:
        raise Refused(404, message="Dashboard not found")
    return dashboards[uid]


def show(uid):
    with lock:
        kept = found(uid)
    dashboard = kept["dashboard"]
    meta = {"type": "db", "canSave": True, "canEdit": True, "canDelete": True, "slug": slug(dashboard["title"]),
            "url": link(dashboard), "created": kept["created"], "updated": kept["updated"], "version": dashboard["version"],
            "folderId": 0, "folderUid": "", "folderTitle": "General"}
    return {"dashboard": dashboard, "meta": meta}


def delete(uid):
    with lock:
        dashboard = found(uid)["dashboard"]
        del dashboards[uid]
    return {"id": dashboard["id"], "title": dashboard["title"], "message": f"Dashboard {dashboard['title']} deleted"}


def search():
    with lock:
        kept = [entry["dashboard"] for entry in dashboards.values()]
    return [{"id": d["id"], "uid": d["uid"], "title": d["title"], "url": link(d), "type": "dash-db",
             "tags": d.get("tags", [])} for d in kept]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self.answer(200, self.answered(body))
        except Refused as refused:
            self.answer(refused.status, refused.content)

    do_GET = do_POST = do_DELETE = handle_any

    def answered(self, body):
        path = urlsplit(self.path).path
        if path == "/api/health":
            return {"commit": "none", "database": "ok", "version": "0.0.0-api-only"}
        if not hmac.compare_digest(self.headers.get("Authorization", ""), EXPECTED):
            raise Refused(401, message="Invalid username or password")
        one = re.fullmatch(r"/api/dashboards/uid/([^/]+)", path)
        if self.command == "POST" and path == "/api/dashboards/db":
            try:
                return save(json.loads(body))
            except ValueError:
                raise Refused(400, message="bad request data") from None
        if self.command == "GET" and path == "/api/search":
            return search()
        if one and self.command == "GET":
            return show(one[1])
        if one and self.command == "DELETE":
            return delete(one[1])
        raise Refused(404, message="Not found")

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("", 3000), Handler).serve_forever()

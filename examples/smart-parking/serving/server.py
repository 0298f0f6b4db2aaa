"""uvicorn, able to hand its clients over to another server without losing a request of theirs.

uvicorn as it is loses requests when it stops. It closes its listening socket while connections wait there to be
accepted, and kept-alive connections while the next request may be on its way; a client that has no second try loses
both. A server here drains first, on SIGTERM, SIGUSR1 or POST /drain:

1. The kernel drops new SYNs, while handshakes under way end and what they brought is accepted. Then the listening
   socket is closed, and connecting is refused. Whoever's SYN was dropped tries again after a second and is refused
   too. Where the container lacks NET_ADMIN nothing is dropped: whose handshake ends in the some microseconds before
   the socket closes is lost.
2. Every answer says Connection: close, and its connection ends after it. A connection that nothing comes on is left
   to its client, which gives it up first, or to uvicorn's limit on idle ones.
3. When the last connection is gone, and some seconds have passed in which connecting was refused, the server is
   drained. The seconds are for whoever asked for the address before, or whose SYN was dropped: once the server has
   left the network nobody refuses there, and connecting takes as long as its limit. Then it exits, if SIGTERM asked
   for that; else it waits, warm, until SIGUSR2 or POST /resume has it listen again, which may also come before that.

The second port, which never drains, answers for the server itself: GET /health, GET /connections, POST /drain, POST
/resume.
"""

import asyncio
import ctypes
import json
import os
import signal
import socket
import struct

import uvicorn

HANDSHAKE_SECONDS = 0.02
REFUSE_SECONDS = 3.5  # SYNs come again after 1 and 3 seconds.
DRAIN_SECONDS = float(os.environ.get("DRAIN_SECONDS", "20"))
SO_ATTACH_FILTER = 26


class HandOverServer(uvicorn.Server):
    """A server whose public port can be drained, and opened again."""

    def __init__(self, app, port: int, admin_port: int):
        config = uvicorn.Config(
            self._dispatch, interface="asgi3", http="h11", access_log=False, log_level="warning", timeout_keep_alive=5
        )
        super().__init__(config)
        self.app = app
        self.port = port
        self.admin_port = admin_port
        self.state = "serving"
        self._draining = None
        self._wanted = asyncio.Event()
        self._resuming = asyncio.Lock()

    async def startup(self, sockets=None):
        self.listening = _listening(self.port)
        await super().startup(sockets=[self.listening, _listening(self.admin_port)])
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self.drain)
        loop.add_signal_handler(signal.SIGUSR2, lambda: loop.create_task(self.resume()))

    async def shutdown(self, sockets=None):
        await self.drain()
        await super().shutdown()

    def connections(self) -> int:
        """How many clients are connected to the public port."""
        return sum(1 for each in self.server_state.connections if each.server and each.server[1] == self.port)

    def drain(self) -> asyncio.Task:
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain())
        return self._draining

    async def _drain(self):
        self.state = "draining"
        loop = asyncio.get_running_loop()
        listening = self.listening.dup()
        if _drops_new_connections(listening):
            await asyncio.sleep(HANDSHAKE_SECONDS)
        self.servers[0].close()
        accepted = _accepted(listening)
        listening.close()
        for connection in accepted:
            await loop.connect_accepted_socket(self._protocol, connection)
        closed = loop.time()
        while not self._wanted.is_set() and (
            loop.time() < closed + REFUSE_SECONDS or self.connections() and loop.time() < closed + DRAIN_SECONDS
        ):
            await asyncio.sleep(0.01)
        self.state = "drained"

    async def resume(self):
        async with self._resuming:
            if self._draining is not None:
                self._wanted.set()
                await self._draining
                await self._listen_again()

    async def _listen_again(self):
        self.listening = _listening(self.port)
        self.servers[0] = await asyncio.get_running_loop().create_server(
            self._protocol, sock=self.listening, backlog=self.config.backlog
        )
        self._draining = None
        self._wanted.clear()
        self.state = "serving"

    def _protocol(self):
        return self.config.http_protocol_class(config=self.config, server_state=self.server_state)

    async def _dispatch(self, scope, receive, send):
        if scope["type"] == "http" and scope["server"][1] == self.admin_port:
            await self._answer_for_itself(scope, receive, send)
            return

        async def send_and_close(message):
            if message["type"] == "http.response.start" and self.state != "serving":
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        await self.app(scope, receive, send_and_close)

    async def _answer_for_itself(self, scope, receive, send):
        request = (scope["method"], scope["path"])
        if request == ("POST", "/drain"):
            self.drain()
        elif request == ("POST", "/resume"):
            await self.resume()
        elif request != ("GET", "/connections"):
            await self.app(scope, receive, send)
            return
        content = json.dumps({"state": self.state, "connections": self.connections()}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def serve(app):
    """Serves an application until SIGTERM, at the ports that PORT and ADMIN_PORT name."""
    HandOverServer(app, int(os.environ.get("PORT", "8000")), int(os.environ.get("ADMIN_PORT", "8001"))).run()


def _listening(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it each answer would take 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("0.0.0.0", port))
    return listening


def _accepted(listening: socket.socket) -> list[socket.socket]:
    """What waits to be accepted."""
    listening.setblocking(False)
    connections = []
    while True:
        try:
            connections.append(listening.accept()[0])
        except BlockingIOError:
            return connections


def _drops_new_connections(listening: socket.socket) -> bool:
    """A filter on the socket, which sees TCP headers: packets with SYN are dropped, all others pass."""
    instructions = [
        (0x30, 0, 0, 13),  # load the byte with the flags
        (0x54, 0, 0, 0x02),  # keep SYN of them
        (0x15, 0, 1, 0),  # if it is not set
        (0x06, 0, 0, 0xFFFFFFFF),  # let all of the packet pass
        (0x06, 0, 0, 0),  # else nothing
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    fprog = struct.pack("HL", len(instructions), ctypes.addressof(program))
    try:
        listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)
        return True
    except PermissionError:
        return False

"""A coordinator for tests: a real server on a socket of this machine that keeps the bytes of every request."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType


@dataclass
class Request:
    """One request as it came over the wire."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode()

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode().split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in lines if line)

    @property
    def json(self) -> dict:
        assert self.body.isascii()
        return json.loads(self.body)


def answer(status: str, body: bytes | dict) -> bytes:
    """A whole HTTP answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + content


class CoordinatorStandIn:
    """Takes every test as task-1, task-2, … unless `reply`, called with the request and its number from 1 on,
    says otherwise; an answer of None closes the connection without a word."""

    def __init__(self, port: int = 0, reply: Callable[[Request, int], bytes | None] | None = None) -> None:
        self.requests: list[Request] = []
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._reply = reply or (lambda request, number: answer("201 Created", {"task_id": f"task-{number}"}))
        stand_in = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                stand_in._handle(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def hold(self) -> threading.Event:
        """Answers nobody until the returned event is set."""
        self._may_answer.clear()
        return self._may_answer

    def __enter__(self) -> CoordinatorStandIn:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handle(self, handler: socketserver.StreamRequestHandler) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = handler.rfile.readline()
            if not line:
                return
            head += line
        request = Request(head, b"")
        request.body = handler.rfile.read(int(request.headers.get("Content-Length", "0")))
        self.requests.append(request)
        self._may_answer.wait()
        reply = self._reply(request, len(self.requests))
        if reply is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client that did not wait
                handler.wfile.write(reply)

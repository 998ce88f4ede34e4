"""The Lambda Runtime API, as a function sees it, on loopback.

Written after AWS's "Using the Lambda runtime API for custom runtimes" (version 2018-06-01) and
"Response streaming for custom runtimes". It is stricter than the real one where that helps to
find bugs: an answer is only acknowledged when it is complete, and every chunk of a streamed
answer is handed to the test the moment it arrives.
"""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRELUDE_END = b"\0" * 8


@dataclass
class Answer:
    """What a function posted for one invocation."""

    streaming: bool = False
    content_type: str = ""
    error: dict | None = None
    chunks: "queue.Queue[bytes | None]" = field(default_factory=queue.Queue)
    done: threading.Event = field(default_factory=threading.Event)
    body: bytes = b""

    def next_chunk(self, timeout: float = 30.0) -> bytes | None:
        """The next chunk as the function wrote it, None at the end."""
        return self.chunks.get(timeout=timeout)

    def wait(self, timeout: float = 30.0) -> "Answer":
        if not self.done.wait(timeout):
            raise TimeoutError("the function has not answered")
        return self

    def json(self) -> dict:
        return json.loads(self.body)

    def split(self) -> tuple[dict, bytes]:
        """Prelude and body of a streamed answer."""
        head, _, body = self.body.partition(PRELUDE_END)
        return json.loads(head), body


class RuntimeApi:
    """One function's Runtime API. `invoke` puts an event in and gives its answer."""

    def __init__(self) -> None:
        self.events: "queue.Queue[tuple[str, bytes]]" = queue.Queue()
        self.answers: dict[str, Answer] = {}
        self.polled = threading.Event()
        self.first_poll_at: float | None = None
        self.polls = 0
        self.init_error: dict | None = None
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.api = self
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def invoke(self, event: dict | str) -> Answer:
        payload = event if isinstance(event, str) else json.dumps(event)
        request_id = str(uuid.uuid4())
        answer = self.answers[request_id] = Answer()
        self.events.put((request_id, payload.encode()))
        return answer

    def stop(self) -> None:
        self.events.put(("", b""))
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: RuntimeApi

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel's delayed acknowledgement and the runtime's Nagle add 40 ms to each other.
        if hasattr(socket, "TCP_QUICKACK"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return connection, address


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_args) -> None:
        pass

    def do_GET(self) -> None:
        api = self.server.api
        if not self.path.endswith("/runtime/invocation/next"):
            self._reply(404, b"{}")
            return
        if api.first_poll_at is None:
            api.first_poll_at = time.monotonic()
        api.polls += 1
        api.polled.set()
        request_id, payload = api.events.get()
        if not request_id:
            self.close_connection = True
            return
        deadline = int((time.time() + 60) * 1000)
        self._reply(
            200,
            payload,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:sluice",
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
                "Content-Type": "application/json",
            },
        )

    def do_POST(self) -> None:
        api = self.server.api
        if self.path.endswith("/runtime/init/error"):
            api.init_error = json.loads(b"".join(self._chunks()) or b"{}")
            self._reply(202, b'{"status":"OK"}')
            return
        request_id, _, what = self.path.rpartition("/invocation/")[2].partition("/")
        answer = api.answers[request_id]
        if what == "error":
            answer.error = json.loads(b"".join(self._chunks()) or b"{}")
        else:
            mode = self.headers.get("Lambda-Runtime-Function-Response-Mode", "")
            answer.streaming = mode.lower() == "streaming"
            answer.content_type = self.headers.get("Content-Type", "")
            for chunk in self._chunks():
                answer.body += chunk
                answer.chunks.put(chunk)
        answer.chunks.put(None)
        self._reply(202, b'{"status":"OK"}')
        answer.done.set()

    def _chunks(self):
        """The request's body, chunk by chunk as it arrives."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            if length:
                yield self.rfile.read(length)
            return
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            if size == 0:
                while self.rfile.readline().strip():
                    pass
                return
            yield self.rfile.read(size)
            self.rfile.readline()

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

"""An OpenAI upstream that sends a stream only as far as the test lets it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def chunk(delta: dict, finish: str | None = None, **more) -> bytes:
    body = {
        "id": "chatcmpl-gated",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


class GatedUpstream:
    """Sends its first half, waits for `gate`, then sends the second half, or breaks off if `broken`."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.finished = threading.Event()
        self.broken = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.daemon_threads = True
        self.server.upstream = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args) -> None:
        pass

    def do_POST(self) -> None:
        upstream: GatedUpstream = self.server.upstream
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._send(chunk({"role": "assistant", "content": "first"}))
        if not upstream.gate.wait(30) or upstream.broken:
            self.close_connection = True
            return
        self._send(chunk({"content": " last"}))
        self._send(chunk({}, "stop"))
        usage = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
        self._send(
            b"data: "
            + json.dumps(
                {
                    "id": "chatcmpl-gated",
                    "object": "chat.completion.chunk",
                    "created": 1,
                    "model": "gpt-4o-mini",
                    "choices": [],
                    "usage": usage,
                }
            ).encode()
            + b"\n\n"
        )
        self._send(b"data: [DONE]\n\n")
        self._send(b"")
        upstream.finished.set()

    def _send(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

"""Requests that are wrong, on every route: the dialect's own error, and a call id to ask about."""

import json
import socket
import ssl

import httpx
import pytest

import clients

OPENAI, ANTHROPIC, AWS = "/v1/chat/completions", "/v1/messages", "/bedrock/model/nova/converse"
AWS_STREAM = "/bedrock/model/nova/converse-stream"
USER = {"role": "user", "content": "hi"}
CHAT = {"model": "gpt", "messages": [USER]}
MESSAGE = {"model": "claude", "max_tokens": 9, "messages": [USER]}
CONVERSE = {"messages": [clients.user("hi")]}
ROUTES = [OPENAI, ANTHROPIC, AWS, AWS_STREAM]
GOOD = {OPENAI: CHAT, ANTHROPIC: MESSAGE, AWS: CONVERSE, AWS_STREAM: CONVERSE}


def shaped(path, answer, status):
    """The error as the path's dialect writes it; gives its message, and the parameter it names."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"].startswith("application/json"), answer.headers
    assert answer.headers["x-litellm-call-id"]
    body = answer.json()
    if path.startswith("/bedrock"):
        assert set(body) == {"message"}, body
        assert answer.headers["x-amzn-errortype"].endswith("Exception")
        assert answer.headers.get("x-amzn-requestid") == answer.headers["x-litellm-call-id"]
        return body["message"]
    if path.startswith(("/v1/messages", "/messages")):
        assert body["type"] == "error" and body["request_id"], body
        assert body["error"]["type"].endswith(("_error", "_too_large")), body
        return body["error"]["message"]
    error = body["error"]
    assert {"message", "type", "param", "code"} <= set(error), body
    assert error["code"] == str(status)
    return f"{error['message']} {error['param']}"


@pytest.fixture
def post(gateway, key):
    def post(path, body, **headers):
        headers = {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        # A connection of its own: what becomes of the next request has a test of its own.
        return httpx.post(f"{gateway.url}{path}", content=content, headers=headers,
                          trust_env=False, timeout=30)

    return post


BODIES = [
    ("", "empty"),
    ("{", "cut short"),
    ('{"model": "gpt",}', "trailing comma"),
    ("[]", "a list"),
    ('"gpt"', "a string"),
    ("null", "null"),
    ("17", "a number"),
    (b'{"model": "gpt\xff\xfe", "messages": []}', "invalid UTF-8"),
    ("{" * 5000, "opened 5,000 times"),
    ('{"messages":' + "[" * 100_000, "nested 100,000 deep"),
    ('{"model": "gpt"} {"model": "gpt"}', "two values"),
]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("body", [b[0] for b in BODIES], ids=[b[1] for b in BODIES])
def test_no_json_object(post, path, body):
    shaped(path, post(path, body), 400)


WRONG = [
    (OPENAI, {"messages": [USER]}, "model"),
    (OPENAI, {"model": 7, "messages": [USER]}, "model"),
    (OPENAI, {"model": "", "messages": [USER]}, "model"),
    (OPENAI, {"model": "gpt"}, "messages"),
    (OPENAI, {"model": "gpt", "messages": []}, "messages"),
    (OPENAI, {"model": "gpt", "messages": "hi"}, "messages"),
    (OPENAI, {"model": "gpt", "messages": None}, "messages"),
    (OPENAI, {"model": "claude", "messages": ["hi"]}, "messages"),
    (OPENAI, {"model": "claude", "messages": [{"content": "hi"}]}, "role"),
    (OPENAI, {"model": "claude", "messages": [{"role": "boss", "content": "hi"}]}, "role"),
    (OPENAI, {"model": "claude", "messages": [{"role": "user", "content": 5}]}, "content"),
    (OPENAI, {"model": "claude", "messages": [{"role": "user", "content": [{"type": "x"}]}]}, "type"),
    (OPENAI, {"model": "claude", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "say hi"}, {"type": "hologram", "hologram": {}},
    ]}]}, "messages[0].content[1]"),
    (OPENAI, {**CHAT, "model": "claude", "max_tokens": "many"}, "max_tokens"),
    (OPENAI, {**CHAT, "max_tokens": -5}, "max_tokens"),
    (OPENAI, {**CHAT, "stream": "yes"}, "stream"),
    (OPENAI, {**CHAT, "model": "claude", "temperature": "hot"}, "temperature"),
    (OPENAI, {**CHAT, "model": "claude", "tools": {}}, "tools"),
    (OPENAI, {**CHAT, "model": "claude", "tool_choice": 5}, "tool_choice"),
    (ANTHROPIC, {"max_tokens": 9, "messages": [USER]}, "model"),
    (ANTHROPIC, {"model": "claude", "max_tokens": 9}, "messages"),
    (ANTHROPIC, {"model": "gpt", "max_tokens": 9, "messages": []}, "messages"),
    (ANTHROPIC, {"model": "gpt", "max_tokens": "9", "messages": [USER]}, "max_tokens"),
    (ANTHROPIC, {"model": "gpt", "messages": [USER]}, "max_tokens"),
    (ANTHROPIC, {**MESSAGE, "model": "gpt", "system": 5}, "system"),
    (ANTHROPIC, {**MESSAGE, "model": "gpt", "messages": [{"role": "user"}]}, "content"),
    (ANTHROPIC, {**MESSAGE, "stream": 1}, "stream"),
    (AWS, {}, "messages"),
    (AWS, {"messages": []}, "messages"),
    (AWS, {"messages": "hi"}, "messages"),
    (AWS, {"messages": [{"role": "user", "content": "hi"}]}, "content"),
    (AWS, {"messages": [{"role": "boss", "content": [{"text": "hi"}]}]}, "role"),
    (ANTHROPIC, {**MESSAGE, "model": "gpt", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "say hi"}, {"type": "hologram"},
    ]}]}, "messages[0].content[1]"),
    ("/bedrock/model/gpt/converse", {"messages": [
        {"role": "user", "content": [{"text": "say hi"}, {"hologram": {}}]},
    ]}, "messages[0].content[1]"),
    (AWS, {**CONVERSE, "inferenceConfig": {"maxTokens": "9"}}, "maxTokens"),
    (AWS, {**CONVERSE, "toolConfig": {"tools": "all"}}, "tools"),
]


@pytest.mark.parametrize(
    "path, body, word", WRONG, ids=[f"{w[0]} {json.dumps(w[1])[:70]}" for w in WRONG]
)
def test_a_wrong_field_is_named(post, path, body, word):
    assert word in shaped(path, post(path, body), 400)


@pytest.mark.parametrize("path", ROUTES)
def test_a_body_over_the_limit(post, path):
    shaped(path, post(path, json.dumps(GOOD[path]) + " " * 1_100_000), 413)


@pytest.mark.parametrize("path", ROUTES)
def test_a_body_just_under_the_limit(post, path):
    assert post(path, json.dumps(GOOD[path]) + " " * 1_000_000).status_code == 200


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data"])
def test_a_wrong_content_type(post, path, kind):
    shaped(path, post(path, GOOD[path], content_type=kind), 415)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"]
)
def test_a_right_content_type(post, path, kind):
    assert post(path, GOOD[path], content_type=kind).status_code == 200


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method(http, key, path, method):
    answer = http.request(method, path, headers={"authorization": f"Bearer {key}"})
    shaped(path, answer, 405)
    assert "POST" in answer.headers.get("allow", "")


@pytest.mark.parametrize(
    "path",
    [
        "/v1", "/v1/nothing", "/v2/chat/completions", "/v1/chat/completions//",
        "/bedrock/model/nova", "/bedrock/model/nova/none", "/bedrock/none", "/v1/messages/none",
        "/v1/%00", "/..%2f..%2fetc/passwd",
    ],
)
def test_an_unknown_route(post, path):
    shaped(path, post(path, {}), 404)


def test_what_is_only_shown_is_not_posted_to(post):
    answer = post("/", {})
    shaped("/", answer, 405)
    assert "GET" in answer.headers.get("allow", "")


@pytest.mark.parametrize("path", ROUTES)
def test_a_wrong_body_reaches_no_provider_and_is_not_charged(post, gateway, key, path):
    post(path, "{")
    assert gateway.info(key)["spend"] == 0
    assert gateway.info(key)["reserved_spend"] == 0


@pytest.mark.parametrize(
    "status, size, headers",
    [
        (401, 500, {"authorization": "Bearer sk-nobody"}),
        (401, 500_000, {"authorization": "Bearer sk-nobody"}),
        (413, 1_100_000, {}),
        (415, 500, {"content-type": "text/plain"}),
    ],
    ids=["401", "401, large", "413", "415"],
)
def test_a_refused_request_does_not_break_the_next_on_its_connection(
    gateway, key, status, size, headers
):
    """A body left unread is either read away, or the answer says that the connection closes."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json", **headers}
    body = json.dumps(CHAT) + " " * size
    for _ in range(50):
        with httpx.Client(base_url=gateway.url, trust_env=False) as client:
            assert client.post(OPENAI, content=body, headers=headers).status_code == status
            assert client.get("/health/liveliness").status_code == 200


def test_unknown_models_in_the_path(post):
    for model in ["nobody", "no%2Fbody", "%E2%82%AC", "a" * 3000]:
        shaped(AWS, post(f"/bedrock/model/{model}/converse", CONVERSE), 400)


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "gpt", "messages": [{"role": "user", "content": "say \\ud83d\\ude00 ok"}]}',
        '{"model": "gpt", "messages": [{"role": "user", "content": "say 😀 ok"}]}'.encode(),
    ],
    ids=["escaped", "plain"],
)
def test_text_of_every_plane(post, body):
    answer = post(OPENAI, body)
    assert answer.json()["choices"][0]["message"]["content"] == "😀 ok"


def test_a_lone_surrogate_is_no_text(post):
    body = b'{"model": "claude", "messages": [{"role": "user", "content": "say \\ud83d"}]}'
    assert post(OPENAI, body).status_code == 400


def test_a_head_that_is_no_http(gateway):
    """The connection is answered or closed; the gateway lives."""
    host, port = gateway.url.removeprefix("http://").split(":")
    for bytes_ in [b"\x00" * 100, b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\x16\x03\x01"]:
        with socket.create_connection((host, int(port)), timeout=10) as wire:
            wire.sendall(bytes_)
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(4096):
                pass
    assert gateway.http.get("/health/liveliness").status_code == 200


def test_a_body_that_never_comes_whole(gateway, key):
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(
            f"POST {OPENAI} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
            "content-type: application/json\r\ncontent-length: 1000\r\n\r\n{".encode()
        )
    assert gateway.http.get("/health/liveliness").status_code == 200
    assert gateway.info(key)["reserved_spend"] == 0


def test_http_on_the_tls_port(tls_gateway):
    host, port = tls_gateway.url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        try:
            while wire.recv(4096):
                pass
        except ConnectionResetError:
            pass
    assert tls_gateway.http.get("/health/liveliness").status_code == 200


def test_the_local_certificate_is_for_this_machine(tls_gateway):
    context = ssl.create_default_context(cafile=str(tls_gateway.certificate))
    port = int(tls_gateway.url.rsplit(":", 1)[1])
    for name in ["localhost", "127.0.0.1"]:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            with context.wrap_socket(wire, server_hostname=name) as secure:
                assert secure.version() in ("TLSv1.2", "TLSv1.3")

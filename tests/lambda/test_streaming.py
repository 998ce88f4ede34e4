"""Chunks leave while the upstream still sends, and the money is settled before the invocation ends."""

import json

import pytest
from conftest import rest

CHAT = {"model": "gated", "stream": True, "messages": [{"role": "user", "content": "hello"}]}


def generate(admin, **fields):
    answer = admin.invoke(rest("POST", "/key/generate", fields)).wait()
    return json.loads(answer.json()["body"])["key"]


def info(admin, key):
    answer = admin.invoke(rest("GET", "/key/info", query={"key": key})).wait()
    return json.loads(answer.json()["body"])["info"]


def test_the_first_chunk_leaves_before_the_upstreams_last_one(inference, admin, upstream):
    upstream.gate.clear()
    upstream.finished.clear()
    key = generate(admin, max_budget=1)
    answer = inference.invoke(rest("POST", "/v1/chat/completions", CHAT, key))

    seen = b""
    while b"first" not in seen:
        seen += answer.next_chunk()
    # The upstream cannot have gone on: it waits for this very line.
    assert not upstream.finished.is_set()
    assert not answer.done.is_set()
    assert info(admin, key)["reserved_spend"] > 0
    upstream.gate.set()
    answer.wait()

    _head, body = answer.split()
    assert body.endswith(b"data: [DONE]\n\n")
    assert b'"usage"' not in body, "the caller did not ask for usage"


def test_the_settlement_is_done_when_the_invocation_ends(inference, admin, upstream):
    upstream.gate.set()
    key = generate(admin, max_budget=1)
    inference.invoke(rest("POST", "/v1/chat/completions", CHAT, key)).wait()
    # gpt-4o-mini: 1,000 x $0.15/M + 500 x $0.60/M.
    told = info(admin, key)
    assert told["spend"] == pytest.approx(0.00045, abs=1e-12)
    assert told["reserved_spend"] == 0
    answer = admin.invoke(rest("GET", "/spend/logs", query={"api_key": key})).wait()
    rows = json.loads(answer.json()["body"])
    assert [row["spend_nanos"] for row in rows] == [450_000]


def test_a_stream_that_breaks_ends_in_the_callers_dialect_and_not_the_runtimes(inference, admin, upstream):
    upstream.gate.set()
    upstream.broken = True
    try:
        key = generate(admin, max_budget=1)
        answer = inference.invoke(rest("POST", "/v1/chat/completions", CHAT, key)).wait()
    finally:
        upstream.broken = False
    head, body = answer.split()
    assert head["statusCode"] == 200
    *_, last = (line for line in body.decode().splitlines() if line)
    error = json.loads(last.removeprefix("data: "))["error"]
    assert error["message"] and b"errorType" not in body and b"[DONE]" not in body
    assert info(admin, key)["reserved_spend"] == 0


def test_a_budget_holds_across_functions(inference, admin, upstream):
    upstream.gate.set()
    key = generate(admin, max_budget=0)
    answer = inference.invoke(rest("POST", "/v1/chat/completions", CHAT, key)).wait()
    head, body = answer.split()
    assert head["statusCode"] == 422
    assert json.loads(body)["error"]["type"] == "budget_exceeded"


def test_a_deleted_keys_next_request_is_refused(inference, admin, upstream):
    upstream.gate.set()
    key = generate(admin)
    head, _ = inference.invoke(rest("POST", "/v1/chat/completions", CHAT, key)).wait().split()
    assert head["statusCode"] == 200
    admin.invoke(rest("POST", "/key/delete", {"keys": [key]})).wait()
    # The inference function still has the record in memory; the guard knows better.
    head, _ = inference.invoke(rest("POST", "/v1/chat/completions", CHAT, key)).wait().split()
    assert head["statusCode"] == 401


def test_a_body_in_base64_is_read(inference):
    import base64

    event = rest("POST", "/v1/chat/completions", {"model": "demo", "messages": [{"role": "user", "content": "hi"}]})
    event["body"] = base64.b64encode(event["body"].encode()).decode()
    event["isBase64Encoded"] = True
    head, body = inference.invoke(event).wait().split()
    assert head["statusCode"] == 200, body


def test_garbage_is_a_clear_error_in_each_dialect(inference):
    for path, shape in (
        ("/v1/chat/completions", lambda body: body["error"]["message"]),
        ("/v1/messages", lambda body: body["type"] == "error" and body["error"]["message"]),
        ("/bedrock/model/demo/converse", lambda body: body["message"]),
    ):
        event = rest("POST", path, {})
        event["body"] = "{nope"
        head, body = inference.invoke(event).wait().split()
        assert head["statusCode"] == 400, (path, body)
        assert shape(json.loads(body)), path
        assert "x-litellm-call-id" in head["headers"]

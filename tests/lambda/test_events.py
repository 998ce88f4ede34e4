"""Every sample event is answered by the function it is for, in the shape its front door takes."""

import base64
import json

import pytest
from conftest import ROOT, event

EVENTS = sorted(path.name for path in (ROOT / "events").glob("*.json"))
INFERENCE = [name for name in EVENTS if name.startswith("inference-") and "warmer" not in name]
ADMIN = [name for name in EVENTS if name.startswith("admin-") and "warmer" not in name]
SCHEDULED = [name for name in EVENTS if name.startswith("budget-reset-")]


def opened(answer, name):
    """Status, headers and body, whichever way the door carries them."""
    assert answer.error is None, answer.error
    if answer.streaming:
        assert answer.content_type == "application/vnd.awslambda.http-integration-response"
        head, body = answer.split()
        return head["statusCode"], head["headers"], body
    envelope = answer.json()
    body = envelope["body"].encode()
    if envelope["isBase64Encoded"]:
        body = base64.b64decode(body)
    headers = envelope.get("multiValueHeaders") or envelope["headers"]
    return envelope["statusCode"], headers, body


def test_no_event_is_left_out():
    assert len(INFERENCE) + len(ADMIN) + len(SCHEDULED) + 2 == len(EVENTS)
    assert INFERENCE and ADMIN and SCHEDULED


@pytest.mark.parametrize("name", INFERENCE)
def test_inference_answers(inference, name):
    answer = inference.invoke(event(name)).wait()
    status, headers, body = opened(answer, name)
    # An ALB takes one JSON object; every other door takes a stream.
    assert answer.streaming == ("alb" not in name)
    if "no-key" in name:
        assert status == 401, body
        assert json.loads(body)["error"]["type"] == "auth_error"
        return
    assert status == 200, body
    if "chat-stream" in name:
        assert body.endswith(b"data: [DONE]\n\n")
    elif "converse-stream" in name:
        assert b":event-type" in body and b"messageStop" in body and b"metadata" in body
    elif "converse" in name:
        assert json.loads(body)["output"]["message"]["role"] == "assistant"
    elif "messages" in name:
        assert json.loads(body)["type"] == "message"
    elif "chat" in name:
        assert json.loads(body)["choices"][0]["message"]["content"]
    elif "models" in name:
        assert "demo" in [model["id"] for model in json.loads(body)["data"]]
    if any(word in name for word in ("chat", "converse", "messages")):
        assert "x-litellm-call-id" in headers


@pytest.mark.parametrize("name", ADMIN)
def test_admin_answers(admin, name):
    answer = admin.invoke(event(name)).wait()
    assert not answer.streaming
    status, _headers, body = opened(answer, name)
    assert status == 200, body
    value = json.loads(body)
    if "generate" in name:
        assert value["key"].startswith("sk-")
    elif "info" in name:
        assert "spend" in value["info"]
    else:
        assert isinstance(value, list)


@pytest.mark.parametrize("name", SCHEDULED)
def test_budget_reset_sweeps(budget_reset, name):
    answer = budget_reset.invoke(event(name)).wait()
    assert answer.error is None
    assert set(answer.json()) == {
        "guards", "expired", "corrected", "rolled_up", "rolled_up_again", "alerts", "alerts_told", "alerts_failed",
        "keys_rotated", "keys_not_rotated",
    }


def test_a_warmer_is_answered_and_does_nothing(inference, admin):
    for function, name in ((inference, "inference-warmer.json"), (admin, "admin-warmer.json")):
        answer = function.invoke(event(name)).wait()
        assert answer.error is None
        assert answer.json() == {"ignored": True}

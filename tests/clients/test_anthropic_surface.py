"""Anthropic's surface beyond messages: counts, models, and every event as the SDK types it."""

import json

import anthropic as anthropic_sdk
import pydantic
import pytest
from anthropic.types import Message, ModelInfo, RawMessageStreamEvent

import clients
import stack

GROUPS = [pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()]
EVENT = pydantic.TypeAdapter(RawMessageStreamEvent)


@pytest.mark.parametrize("group", GROUPS)
def test_tokens_are_counted(anthropic, group):
    plain = anthropic.messages.count_tokens(
        model=group, messages=[{"role": "user", "content": "Hello, Claude"}]
    )
    assert 3 <= plain.input_tokens <= 12
    more = anthropic.messages.count_tokens(
        model=group,
        system="You are a poet.",
        tools=[{"name": "get_weather", "input_schema": clients.WEATHER}],
        messages=[{"role": "user", "content": "Hello, Claude"}],
    )
    assert more.input_tokens > plain.input_tokens


def test_a_wrong_count_is_anthropics_error_with_an_id(anthropic):
    with pytest.raises(anthropic_sdk.BadRequestError) as raised:
        anthropic.messages.count_tokens(model="claude", messages=[])
    assert raised.value.body["error"]["type"] == "invalid_request_error"
    assert raised.value.request_id == raised.value.body["request_id"]
    with pytest.raises(anthropic_sdk.NotFoundError) as raised:
        anthropic.models.retrieve("nobody-knows-this")
    assert raised.value.body["error"]["type"] == "not_found_error"


def test_models_are_listed_in_anthropics_shape(anthropic):
    page = anthropic.models.list(limit=2)
    assert len(page.data) == 2 and page.has_more
    everything = [model.id for model in anthropic.models.list(limit=2)]
    assert len(everything) == len(set(everything))
    assert {"claude", "gpt", "nova"} <= set(everything)
    one = anthropic.models.retrieve("claude")
    assert (one.id, one.type, one.display_name) == ("claude", "model", "claude")
    assert one.max_tokens == 64000
    ModelInfo.model_validate_json(one.model_dump_json(), strict=True)
    after = anthropic.models.list(after_id=everything[0], limit=1)
    assert after.data[0].id == everything[1]
    before = anthropic.models.list(before_id=everything[2], limit=1)
    assert before.data[0].id == everything[1]


def settings(kind):
    ask = {"model": None, "max_tokens": 3000, "messages": [{"role": "user", "content": "say hi there"}]}
    if kind == "tools":
        ask["messages"][0]["content"] = "two tools"
        ask["tools"] = [
            {"name": name, "input_schema": clients.WEATHER} for name in ("get_weather", "get_time")
        ]
    if kind == "thinking":
        ask["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    if kind == "pdf":
        ask["messages"][0]["content"] = [
            {"type": "text", "text": "What is this?"},
            {"type": "document", "source": {
                "type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK",
            }},
        ]
    return ask


@pytest.mark.parametrize("kind", ["text", "tools", "thinking", "pdf"])
@pytest.mark.parametrize("group", ["claude", "bedrock-claude", "gpt"])
def test_every_event_is_what_the_sdk_types_and_in_order(gateway, key, group, kind):
    if (group, kind) == ("gpt", "thinking"):
        pytest.skip("the model does not think aloud")
    body = {**settings(kind), "model": group}
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
    whole = gateway.http.post("/v1/messages", json=body, headers=headers)
    assert whole.status_code == 200, whole.text
    Message.model_validate_json(whole.text, strict=False)

    answer = gateway.http.post("/v1/messages", json={**body, "stream": True}, headers=headers)
    assert answer.status_code == 200, answer.text
    open_block, index, names = None, 0, []
    for frame in answer.text.strip().split("\n\n"):
        name, data = frame.split("\n", 1)
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        if event["type"] == "ping":
            continue
        typed = EVENT.validate_python(event)
        assert typed.type == event["type"]
        names.append(event["type"])
        if event["type"] == "content_block_start":
            assert open_block is None and event["index"] == index
            open_block = event["content_block"]["type"]
        elif event["type"] == "content_block_delta":
            kinds = {"text": ["text_delta", "citations_delta"], "tool_use": ["input_json_delta"],
                     "thinking": ["thinking_delta", "signature_delta"]}
            assert event["delta"]["type"] in kinds[open_block]
        elif event["type"] == "content_block_stop":
            assert open_block is not None and event["index"] == index
            open_block, index = None, index + 1
    assert names[0] == "message_start"
    assert names[-2:] == ["message_delta", "message_stop"]
    assert index >= 1 and open_block is None

"""Anthropic's client, on every provider."""

import base64
import json

import anthropic as sdk
import pydantic
import pytest
from anthropic.types import Message

import clients
import stack

GROUPS = [pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()]
SAY = [{"role": "user", "content": "say Grüezi, world"}]
THINK = {"type": "enabled", "budget_tokens": 1024}


def ask(anthropic, group, messages=SAY, **settings):
    settings.setdefault("max_tokens", 500)
    return anthropic.messages.create(model=group, messages=messages, **settings)


def tool(name="get_weather"):
    return {"name": name, "input_schema": clients.WEATHER}


@pytest.mark.parametrize("group", GROUPS)
def test_whole_text(anthropic, group):
    answer = ask(anthropic, group)
    assert [(block.type, block.text) for block in answer.content] == [("text", "Grüezi, world")]
    assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
    assert answer.stop_sequence is None
    assert answer.usage.output_tokens == 4
    assert answer.usage.input_tokens > 0
    assert answer.id.startswith("msg_")


@pytest.mark.parametrize("group", GROUPS)
def test_the_answer_validates_against_the_sdk_s_types(anthropic, group):
    raw = anthropic.messages.with_raw_response.create(model=group, max_tokens=9, messages=SAY)
    pydantic.TypeAdapter(Message).validate_json(raw.http_response.content)


@pytest.mark.parametrize("group", GROUPS)
def test_streamed_text(anthropic, group):
    with anthropic.messages.stream(model=group, max_tokens=500, messages=SAY) as stream:
        assert "".join(stream.text_stream) == "Grüezi, world"
        answer = stream.get_final_message()
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens == 4


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", GROUPS)
def test_the_answer_names_the_group_that_was_asked_for(anthropic, group, stream):
    if stream:
        with anthropic.messages.stream(model=group, max_tokens=9, messages=SAY) as events:
            answer = events.get_final_message()
    else:
        answer = ask(anthropic, group)
    assert answer.model == group


@pytest.mark.parametrize("group", GROUPS)
def test_the_order_of_events(anthropic, group):
    events = [
        event.type for event in ask(anthropic, group, stream=True) if event.type != "ping"
    ]
    assert events[0] == "message_start"
    assert events[1] == "content_block_start"
    assert set(events[2:-3]) == {"content_block_delta"}
    assert events[-3:] == ["content_block_stop", "message_delta", "message_stop"]


@pytest.mark.parametrize("group", GROUPS)
def test_an_image(anthropic, group):
    data = base64.b64encode(clients.PIXEL).decode()
    source = {"type": "base64", "media_type": "image/png", "data": data}
    answer = ask(anthropic, group, [{"role": "user", "content": [
        {"type": "image", "source": source}, {"type": "text", "text": "What is this?"},
    ]}])
    expected = f"You said: What is this? [image/png of {len(clients.PIXEL)} bytes]"
    assert answer.content[0].text == expected


@pytest.mark.parametrize("group", ["claude", "nova"])
def test_a_document(anthropic, group):
    data = base64.b64encode(b"%PDF-1.4 not really").decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    answer = ask(anthropic, group, [{"role": "user", "content": [
        {"type": "document", "source": source, "title": "Report"},
        {"type": "text", "text": "Read."},
    ]}])
    assert "application/pdf of 19 bytes" in answer.content[0].text


@pytest.mark.parametrize("group", GROUPS)
def test_a_json_schema(anthropic, group):
    answer = ask(
        anthropic, group, [{"role": "user", "content": "json"}],
        output_config={"format": {"type": "json_schema", "schema": clients.WEATHER}},
    )
    assert json.loads(answer.content[0].text) == {"city": "Paris"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", ["claude", "bedrock-claude", "flash", "three"])
def test_thoughts_and_their_signature_make_the_round_trip(anthropic, group, stream):
    """The provider refuses a thought whose signature is not its own."""
    messages = [{"role": "user", "content": "What is the weather?"}]
    settings = {"max_tokens": 4000, "thinking": THINK, "tools": [tool()]}

    def turn():
        if not stream:
            return ask(anthropic, group, messages, **settings)
        with anthropic.messages.stream(model=group, messages=messages, **settings) as events:
            return events.get_final_message()

    asked = turn()
    assert [block.type for block in asked.content] == ["thinking", "tool_use"]
    assert asked.content[0].signature
    messages.append({"role": "assistant", "content": asked.content})
    messages.append({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": asked.content[1].id, "content": "18 degrees"},
    ]})
    answer = turn()
    # Google signs at the end of a streamed text: a thought without words may follow it.
    assert [block.type for block in answer.content][:2] == ["thinking", "text"]
    assert answer.content[1].text == "The tool said: 18 degrees"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", GROUPS)
def test_parallel_tool_calls(anthropic, group, stream):
    messages = [{"role": "user", "content": "two tools"}]
    tools = [tool(), tool("get_time")]
    if stream:
        with anthropic.messages.stream(
            model=group, max_tokens=500, messages=messages, tools=tools
        ) as events:
            asked = events.get_final_message()
    else:
        asked = ask(anthropic, group, messages, tools=tools)
    calls = [block for block in asked.content if block.type == "tool_use"]
    assert [(call.name, call.input) for call in calls] == [
        ("get_weather", {"city": "Paris"}), ("get_time", {"city": "Zürich"}),
    ]
    messages.append({"role": "assistant", "content": asked.content})
    messages.append({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": calls[0].id, "content": "18 degrees"},
        {"type": "tool_result", "tool_use_id": calls[1].id,
         "content": [{"type": "text", "text": "noon"}]},
    ]})
    answer = ask(anthropic, group, messages, tools=tools)
    assert answer.content[0].text == "The tool said: 18 degrees; noon"


@pytest.mark.parametrize("group", ["claude", "gpt"])
def test_one_call_at_a_time(anthropic, group):
    answer = ask(
        anthropic, group, [{"role": "user", "content": "two tools"}], tools=[tool(), tool("b")],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    )
    assert len(answer.content) == 1


@pytest.mark.parametrize("group", GROUPS)
def test_a_forced_tool(anthropic, group):
    answer = ask(
        anthropic, group, [{"role": "user", "content": "say nothing"}],
        tools=[tool(), tool("get_time")], tool_choice={"type": "tool", "name": "get_time"},
    )
    assert [block.name for block in answer.content] == ["get_time"]


@pytest.mark.parametrize("group", GROUPS)
def test_a_failed_tool(anthropic, group):
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Bern"}}
    answer = ask(anthropic, group, [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": "no net"},
        ]},
    ], tools=[tool()])
    assert "no net" in answer.content[0].text


@pytest.mark.parametrize("group", GROUPS)
def test_stop_sequences(anthropic, group):
    messages = [{"role": "user", "content": "say one two three"}]
    answer = ask(anthropic, group, messages, stop_sequences=["two"])
    assert answer.content[0].text.strip() == "one"
    # OpenAI's wire and Google's do not tell a stop sequence from an end.
    expected = "end_turn" if group in ("gpt", "sage", "flash") else "stop_sequence"
    assert answer.stop_reason == expected
    if group == "claude":
        assert answer.stop_sequence == "two"


@pytest.mark.parametrize("group", GROUPS)
def test_the_cap(anthropic, group):
    answer = ask(anthropic, group, [{"role": "user", "content": "long 50"}], max_tokens=3)
    assert answer.stop_reason == "max_tokens"
    assert answer.usage.output_tokens == 3


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", GROUPS)
def test_cached_tokens(anthropic, group, stream):
    messages = [{"role": "user", "content": "usage cached say hi"}]
    if stream:
        with anthropic.messages.stream(model=group, max_tokens=50, messages=messages) as events:
            usage = events.get_final_message().usage
    else:
        usage = ask(anthropic, group, messages).usage
    assert usage.cache_read_input_tokens == 1024
    if group in ("claude", "nova"):
        assert usage.cache_creation_input_tokens == 512
        assert usage.input_tokens < 20
    else:
        # OpenAI does not tell what was written: that is ordinary input.
        assert 512 < usage.input_tokens < 540


@pytest.mark.parametrize("group", ["claude", "nova"])
def test_cache_marks_arrive(anthropic, group, fakes):
    word = stack.token()
    mark = {"type": "ephemeral"}
    ask(anthropic, group, [{"role": "user", "content": "say ok"}], system=[
        {"type": "text", "text": f"Long instructions {word}", "cache_control": mark},
    ])
    provider = "anthropic" if group == "claude" else "bedrock"
    [seen] = fakes.seen(provider, word)
    system = seen["body"]["system"]
    if provider == "anthropic":
        assert system[0]["cache_control"]["type"] == "ephemeral"
    else:
        assert system[1] == {"cachePoint": {"type": "default"}}


def test_unknown_fields_reach_a_provider_of_the_same_dialect(anthropic, fakes):
    word = stack.token()
    ask(anthropic, "claude", [{"role": "user", "content": f"say {word}"}],
        metadata={"user_id": "ada"}, extra_body={"inference_geo": "us"},
        extra_headers={"anthropic-beta": "context-1m-2025-08-07"})
    [seen] = fakes.seen("anthropic", word)
    assert seen["body"]["inference_geo"] == "us"
    assert seen["body"]["metadata"] == {"user_id": "ada"}
    assert seen["headers"]["anthropic-beta"] == "context-1m-2025-08-07"
    assert seen["headers"]["anthropic-version"] == sdk._constants.ANTHROPIC_API_VERSION
    assert seen["headers"]["x-api-key"] == "sk-ant-of-the-gateway"


def test_a_bearer_token(gateway, key):
    """Claude Code's way: ANTHROPIC_AUTH_TOKEN."""
    with sdk.Anthropic(base_url=gateway.url, auth_token=key, max_retries=0) as client:
        assert ask(client, "claude").content[0].text == "Grüezi, world"


def test_a_refusal(anthropic):
    answer = ask(anthropic, "claude", [{"role": "user", "content": "refuse"}])
    assert answer.stop_reason == "refusal"


async def test_async(gateway, key):
    async with clients.anthropic_async(gateway, key) as client:
        answer = await ask(client, "claude")
        assert answer.content[0].text == "Grüezi, world"
        async with client.messages.stream(model="gpt", max_tokens=50, messages=SAY) as stream:
            assert "".join([text async for text in stream.text_stream]) == "Grüezi, world"

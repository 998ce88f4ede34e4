"""What callers of LiteLLM ask of the gateway beside their question, by the SDKs' own ways to say more."""

import pydantic
import pytest
from anthropic.types import Message
from openai.types.chat import ChatCompletion

import stack

OTHERS = [stack.GROUPS[name] for name in ("anthropic", "bedrock", "gemini")]
SAY = [{"role": "user", "content": "say hi"}]


@pytest.mark.parametrize("group", OTHERS)
def test_a_mock_is_read_by_every_client(openai, anthropic, group):
    more = {"mock_response": "It is a mock"}
    raw = openai.chat.completions.with_raw_response.create(model=group, messages=SAY, extra_body=more)
    answer = pydantic.TypeAdapter(ChatCompletion).validate_json(raw.http_response.content)
    assert (answer.choices[0].message.content, answer.usage.total_tokens) == ("It is a mock", 30)
    stream = openai.chat.completions.create(model=group, messages=SAY, stream=True, extra_body=more)
    assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices) == "It is a mock"
    answer = openai.responses.create(model=group, input="say hi", extra_body=more)
    assert answer.output_text == "It is a mock"
    message = anthropic.messages.create(model=group, max_tokens=9, messages=SAY, extra_body=more)
    assert Message.model_validate(message.model_dump()).content[0].text == "It is a mock"
    with anthropic.messages.stream(model=group, max_tokens=9, messages=SAY, extra_body=more) as stream:
        assert stream.get_final_text() == "It is a mock"


def test_a_fallback_answers_in_the_place_of_what_failed(openai):
    more = {"mock_testing_fallbacks": True, "fallbacks": [stack.GROUPS["anthropic"]]}
    model = stack.GROUPS["openai"]
    raw = openai.chat.completions.with_raw_response.create(model=model, messages=SAY, extra_body=more)
    assert raw.headers["x-litellm-attempted-fallbacks"] == "1"
    assert raw.headers["x-litellm-model-group"] == stack.GROUPS["anthropic"]
    assert raw.parse().choices[0].message.content == "hi"


@pytest.mark.parametrize("group", OTHERS)
def test_a_custom_tool_is_called_with_a_text(openai, group):
    tool = {"type": "custom", "custom": {"name": "sql", "description": "Asks a database."}}
    ask = {"model": group, "messages": [{"role": "user", "content": "Please call sql"}], "tools": [tool]}
    message = openai.chat.completions.create(**ask).choices[0].message
    [call] = message.tool_calls
    assert (call.type, call.custom.name) == ("custom", "sql")
    assert call.custom.input and "{" not in call.custom.input
    result = {"role": "tool", "tool_call_id": call.id, "content": "18 rows"}
    ask["messages"] += [message.model_dump(exclude_none=True), result]
    assert openai.chat.completions.create(**ask).choices[0].message.content == "The tool said: 18 rows"


@pytest.mark.parametrize("group", OTHERS)
def test_a_custom_tool_streams_its_input(openai, group):
    tool = {"type": "custom", "name": "sql", "description": "Asks a database."}
    with openai.responses.stream(model=group, input="Please call sql", tools=[tool]) as stream:
        kinds = {event.type for event in stream}
        response = stream.get_final_response()
    assert "response.custom_tool_call_input.done" in kinds
    [call] = [item for item in response.output if item.type == "custom_tool_call"]
    output = {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "18 rows"}
    answer = openai.responses.create(
        model=group, input=[output], tools=[tool], previous_response_id=response.id
    )
    assert answer.output_text == "The tool said: 18 rows"


def test_a_conversation_is_compacted(openai):
    compacted = openai.responses.compact(model=stack.GROUPS["openai"], input="say hi")
    assert compacted.object == "response.compaction"
    assert compacted.output[-1].type == "compaction"
    assert compacted.usage.output_tokens == 7

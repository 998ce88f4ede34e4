"""OpenAI's client and its Responses API, on every provider."""

import base64
import json

import openai as sdk
import pydantic
import pytest
from openai.types.responses import Response, ResponseStreamEvent

import clients
import stack

GROUPS = [pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()]
EVERY = GROUPS + ["bedrock-claude"]
SAY = "say Grüezi, world"
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Weather of a city",
    "parameters": clients.WEATHER,
    "strict": True,
}


def ask(openai, group, input=SAY, **settings):
    return openai.responses.create(model=group, input=input, **settings)


@pytest.mark.parametrize("group", EVERY)
def test_whole_text(openai, group):
    answer = ask(openai, group, instructions="Be brief.", metadata={"trace": "1"})
    assert answer.output_text == "Grüezi, world"
    assert (answer.status, answer.object, answer.model) == ("completed", "response", group)
    assert answer.usage.output_tokens == 4
    assert answer.usage.total_tokens == answer.usage.input_tokens + 4
    assert answer.instructions == "Be brief."
    assert answer.metadata == {"trace": "1"}
    assert answer.error is None and answer.incomplete_details is None


@pytest.mark.parametrize("group", EVERY)
def test_the_answer_validates_against_the_sdk_s_types(openai, group):
    raw = openai.responses.with_raw_response.create(model=group, input=SAY, tools=[TOOL])
    body = json.loads(raw.http_response.content)
    # The fake of OpenAI is older than this field of the SDK's.
    body["usage"]["input_tokens_details"].setdefault("cache_write_tokens", 0)
    pydantic.TypeAdapter(Response).validate_python(body)
    assert float(raw.headers["x-litellm-response-cost"]) >= 0


@pytest.mark.parametrize("group", EVERY)
def test_streamed_text(openai, group):
    events = list(ask(openai, group, stream=True))
    for number, event in enumerate(events):
        assert event.sequence_number == number
        if hasattr(event, "response") and event.response.usage is None:
            pydantic.TypeAdapter(ResponseStreamEvent).validate_python(event.model_dump())
    names = [event.type for event in events if not event.type.endswith(".delta")]
    assert names == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "Grüezi, world"
    assert events[-1].response.output_text == "Grüezi, world"
    assert events[-1].response.usage.output_tokens == 4


@pytest.mark.parametrize("group", EVERY)
def test_the_stream_helper(openai, group):
    with openai.responses.stream(model=group, input=SAY) as stream:
        text = "".join(e.delta for e in stream if e.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == "Grüezi, world"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", EVERY)
def test_a_tool_and_its_result(openai, group, stream):
    def create(**settings):
        if not stream:
            return openai.responses.create(model=group, tools=[TOOL], **settings)
        with openai.responses.stream(model=group, tools=[TOOL], **settings) as events:
            return events.get_final_response()

    history = [{"role": "user", "content": "Weather?"}]
    asked = create(input=history)
    [call] = [item for item in asked.output if item.type == "function_call"]
    assert call.name == "get_weather"
    assert json.loads(call.arguments)["city"]
    history += [item.model_dump(exclude_none=True) for item in asked.output]
    for item in history:
        item.pop("parsed_arguments", None)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "18 C"}
    told = create(input=history + [result])
    assert told.output_text == "The tool said: 18 C"


@pytest.mark.parametrize("group", EVERY)
def test_a_tool_s_result_by_the_id_of_the_answer_before(openai, group):
    asked = ask(openai, group, "Weather?", tools=[TOOL])
    [call] = [item for item in asked.output if item.type == "function_call"]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "18 C"}
    told = ask(openai, group, [result], tools=[TOOL], previous_response_id=asked.id)
    assert told.output_text == "The tool said: 18 C"
    assert told.previous_response_id == asked.id


@pytest.mark.parametrize("group", EVERY)
def test_a_forced_tool(openai, group):
    choice = {"type": "function", "name": "get_weather"}
    answer = ask(openai, group, tools=[TOOL], tool_choice=choice)
    assert [item.type for item in answer.output] == ["function_call"]


@pytest.mark.parametrize("group", GROUPS)
def test_parse(openai, group):
    class Weather(pydantic.BaseModel):
        city: str

    answer = openai.responses.parse(model=group, input="json", text_format=Weather)
    assert isinstance(answer.output_parsed, Weather)
    assert answer.output_parsed.city


@pytest.mark.parametrize("group", EVERY)
def test_an_image(openai, group):
    data = base64.b64encode(clients.PIXEL).decode()
    content = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{data}", "detail": "auto"},
    ]
    answer = ask(openai, group, [{"role": "user", "content": content}])
    expected = f"You said: What is this? [image/png of {len(clients.PIXEL)} bytes]"
    assert answer.output_text == expected


@pytest.mark.parametrize("group", EVERY)
def test_an_answer_that_is_cut_says_so(openai, group):
    answer = ask(openai, group, "long 100", max_output_tokens=16)
    assert answer.status == "incomplete"
    assert answer.incomplete_details.reason == "max_output_tokens"
    events = list(ask(openai, group, "long 100", max_output_tokens=16, stream=True))
    assert events[-1].type == "response.incomplete"


@pytest.mark.parametrize("group", EVERY)
def test_a_refusal(openai, group):
    answer = ask(openai, group, "refuse")
    words = [part.type for item in answer.output if item.type == "message" for part in item.content]
    # Only OpenAI's API tells a refusal in words from an answer.
    assert "refusal" in words or answer.output_text or answer.status == "incomplete"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", ["claude", "bedrock-claude"])
def test_a_thought_comes_back_with_its_signature(openai, group, stream, fakes):
    settings = dict(tools=[TOOL], reasoning={"effort": "low"}, max_output_tokens=4000, store=False)
    history = [{"role": "user", "content": "Weather of the signed thought?"}]
    answer = ask(openai, group, history, stream=stream, **settings)
    if stream:
        answer = list(answer)[-1].response
    assert [item.type for item in answer.output] == ["reasoning", "function_call"]
    assert answer.output[0].summary[0].text.startswith("Let me think")
    history += answer.output
    call = answer.output[1]
    history.append({"type": "function_call_output", "call_id": call.call_id, "output": "18 C"})
    told = ask(openai, group, history, **settings)
    # The fake refuses a thought without the signature that it gave.
    assert told.output_text == "The tool said: 18 C"


@pytest.mark.parametrize("group", EVERY)
def test_what_is_kept_is_read_listed_and_deleted(openai, gateway, group):
    first = ask(openai, group, "say one")
    second = ask(openai, group, "say two", previous_response_id=first.id)
    assert openai.responses.retrieve(second.id).output_text == "two"
    items = openai.responses.input_items.list(second.id, order="asc", limit=2)
    # The SDK turns the pages.
    said = [item.content[0].text for item in items]
    assert said == ["say one", "one", "say two"]

    with clients.openai(gateway, gateway.new_key()) as other:
        for call in (
            lambda: other.responses.retrieve(second.id),
            lambda: other.responses.delete(second.id),
            lambda: other.responses.cancel(second.id),
            lambda: list(other.responses.input_items.list(second.id)),
        ):
            with pytest.raises(sdk.NotFoundError):
                call()
        with pytest.raises(sdk.BadRequestError, match="not found"):
            ask(other, group, "more", previous_response_id=second.id)

    with pytest.raises(sdk.BadRequestError, match="Cannot cancel a synchronous response"):
        openai.responses.cancel(second.id)
    openai.responses.delete(second.id)
    with pytest.raises(sdk.NotFoundError):
        openai.responses.retrieve(second.id)


@pytest.mark.parametrize("group", EVERY)
def test_a_broken_stream_is_an_error(openai, group):
    for order in ["die", "cut", "late error"]:
        with pytest.raises(sdk.APIError):
            events = list(ask(openai, group, f"{order} long 20", stream=True))
            # OpenAI's own failure is an event, not an exception.
            assert events[-1].type == "response.failed"
            raise sdk.APIError("failed", request=None, body=None)


@pytest.mark.parametrize("group", EVERY)
def test_a_provider_s_error_is_raised_as_its_class(openai, group):
    with pytest.raises(sdk.RateLimitError):
        ask(openai, group, "error 429")
    with pytest.raises(sdk.BadRequestError):
        ask(openai, group, "error context")


def test_what_cannot_be_done_is_named(openai):
    for name, value in [("background", True), ("conversation", "conv_1")]:
        with pytest.raises(sdk.BadRequestError) as error:
            ask(openai, "gpt", **{name: value})
        assert error.value.param == name
    with pytest.raises(sdk.BadRequestError, match=r"tools\[0\]"):
        ask(openai, "claude", tools=[{"type": "file_search", "vector_store_ids": ["vs_1"]}])


def test_bytes_pass_to_a_provider_that_speaks_responses(openai, fakes):
    body = {"input": "say byte for byte", "prompt_cache_key": "k", "truncation": "auto"}
    ask(openai, "gpt", **body)
    [seen] = fakes.seen("openai", "byte for byte")
    assert seen["path"] == "/v1/responses"
    assert json.loads(seen["text"]) == {**body, "model": "gpt-4o"}


@pytest.mark.parametrize("group", EVERY)
def test_the_spend_is_that_of_the_tokens(gateway, group):
    key = gateway.new_key()
    with clients.openai(gateway, key) as openai:
        raw = openai.responses.with_raw_response.create(model=group, input="usage 100 20 say hi")
    cost = float(raw.headers["x-litellm-response-cost"])
    assert cost > 0
    assert float(raw.headers["x-litellm-key-spend"]) == pytest.approx(cost)

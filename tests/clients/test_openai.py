"""OpenAI's client, on every provider."""

import base64
import json

import openai as sdk
import pydantic
import pytest
from openai.types.chat import ChatCompletion

import clients
import stack

GROUPS = [pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()]
SAY = [{"role": "user", "content": "say Grüezi, world"}]


def ask(openai, group, messages=SAY, **settings):
    return openai.chat.completions.create(model=group, messages=messages, **settings)


@pytest.mark.parametrize("group", GROUPS + ["priced", "profile", "bedrock-claude"])
def test_whole_text(openai, group):
    answer = ask(openai, group)
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "Grüezi, world")
    assert choice.finish_reason == "stop"
    assert answer.usage.completion_tokens == 4
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 4
    # Strictly: every field of the right type, not merely present.
    ChatCompletion.model_validate(answer.model_dump(mode="json"), strict=False)
    assert answer.object == "chat.completion"
    assert answer.id


@pytest.mark.parametrize("group", GROUPS)
def test_the_answer_validates_against_the_sdk_s_types(openai, group):
    raw = openai.chat.completions.with_raw_response.create(model=group, messages=SAY)
    pydantic.TypeAdapter(ChatCompletion).validate_json(raw.http_response.content)
    assert json.loads(raw.http_response.content)["choices"][0]["index"] == 0


@pytest.mark.parametrize("group", GROUPS)
def test_streamed_text(openai, group):
    chunks = list(ask(openai, group, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "Grüezi, world"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks][-1] == "stop"
    # Usage was not asked for.
    assert all(chunk.usage is None for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == 1
    assert len({chunk.model for chunk in chunks}) == 1


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", GROUPS)
def test_the_answer_names_the_group_that_was_asked_for(openai, group, stream):
    """LiteLLM's callers find the name that they sent, whatever the provider calls its model."""
    answer = ask(openai, group, stream=stream)
    names = {chunk.model for chunk in answer} if stream else {answer.model}
    assert names == {group}


@pytest.mark.parametrize("group", GROUPS)
def test_an_image(openai, group):
    data = base64.b64encode(clients.PIXEL).decode()
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
    ]
    answer = ask(openai, group, [{"role": "user", "content": content}])
    expected = f"You said: What is this? [image/png of {len(clients.PIXEL)} bytes]"
    assert answer.choices[0].message.content == expected


@pytest.mark.parametrize("group", GROUPS)
def test_a_json_schema(openai, group):
    format = {
        "type": "json_schema",
        "json_schema": {"name": "weather", "schema": clients.WEATHER, "strict": True},
    }
    answer = ask(openai, group, [{"role": "user", "content": "json"}], response_format=format)
    assert json.loads(answer.choices[0].message.content) == {"city": "Paris"}


class Weather(pydantic.BaseModel):
    city: str


def test_a_parsed_answer(openai):
    answer = openai.chat.completions.parse(
        model="gpt", messages=[{"role": "user", "content": "json"}], response_format=Weather
    )
    assert answer.choices[0].message.parsed == Weather(city="Paris")


def tool(name="get_weather"):
    return {"type": "function", "function": {"name": name, "parameters": clients.WEATHER}}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", GROUPS)
def test_parallel_tool_calls(openai, group, stream):
    messages = [{"role": "user", "content": "two tools"}]
    tools = [tool(), tool("get_time")]
    if stream:
        with openai.chat.completions.stream(model=group, messages=messages, tools=tools) as events:
            answer = events.get_final_completion()
    else:
        answer = ask(openai, group, messages, tools=tools)
    message = answer.choices[0].message
    calls = [(c.function.name, json.loads(c.function.arguments)) for c in message.tool_calls]
    assert calls == [("get_weather", {"city": "Paris"}), ("get_time", {"city": "Zürich"})]
    assert len({call.id for call in message.tool_calls}) == 2

    # Results in another order than the calls.
    messages.append({"role": "assistant", "content": None, "tool_calls": [
        {"id": c.id, "type": "function",
         "function": {"name": c.function.name, "arguments": c.function.arguments}}
        for c in message.tool_calls
    ]})
    for call in reversed(message.tool_calls):
        messages.append(
            {"role": "tool", "tool_call_id": call.id, "content": f"result of {call.function.name}"}
        )
    answer = ask(openai, group, messages, tools=tools)
    text = answer.choices[0].message.content
    assert "result of get_weather" in text
    assert "result of get_time" in text


@pytest.mark.parametrize("group", GROUPS)
def test_a_forced_tool(openai, group):
    answer = ask(
        openai, group, [{"role": "user", "content": "say nothing"}],
        tools=[tool(), tool("get_time")],
        tool_choice={"type": "function", "function": {"name": "get_time"}},
    )
    [call] = answer.choices[0].message.tool_calls
    assert call.function.name == "get_time"


@pytest.mark.parametrize("group", GROUPS)
def test_one_call_at_a_time(openai, group, fakes):
    word = stack.token()
    messages = [{"role": "user", "content": f"two tools {word}"}]
    settings = {"tools": [tool(), tool("get_time")], "parallel_tool_calls": False}
    if group in ("nova", "flash"):
        # Converse and Google have no word for it. Nothing is dropped in silence: an error names it.
        with pytest.raises(sdk.BadRequestError) as caught:
            ask(openai, group, messages, **settings)
        assert "parallel_tool_calls" in str(caught.value)
        return
    answer = ask(openai, group, messages, **settings)
    assert len(answer.choices[0].message.tool_calls) == 1


@pytest.mark.parametrize("group", GROUPS)
def test_stop_sequences(openai, group):
    messages = [{"role": "user", "content": "say one two three"}]
    answer = ask(openai, group, messages, stop=["two"])
    assert answer.choices[0].message.content.strip() == "one"
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("group", GROUPS)
def test_the_cap(openai, group):
    answer = ask(openai, group, [{"role": "user", "content": "long 50"}], max_tokens=3)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 3


@pytest.mark.parametrize("group", GROUPS)
def test_cached_tokens(openai, group):
    answer = ask(openai, group, [{"role": "user", "content": "usage cached say hi"}])
    usage = answer.usage
    assert usage.prompt_tokens_details.cached_tokens == 1024
    # All input is in prompt_tokens: uncached, read from and written to the cache.
    assert usage.prompt_tokens >= 1024 + 512
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@pytest.mark.parametrize("group", ["sage", "claude", "bedrock-claude"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_thoughts_are_shown(openai, group, stream):
    messages = [{"role": "user", "content": "think say done"}]
    settings = {} if group == "sage" else {"reasoning_effort": "low", "max_tokens": 8000}
    if stream:
        chunks = list(ask(openai, group, messages, stream=True, **settings))
        deltas = [chunk.choices[0].delta for chunk in chunks]
        thought = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
        text = "".join(delta.content or "" for delta in deltas)
    else:
        message = ask(openai, group, messages, **settings).choices[0].message
        thought, text = message.reasoning_content, message.content
    assert thought.startswith("Let me think about this first")
    assert text == "done"


@pytest.mark.parametrize("group", ["claude", "flash", "three"])
def test_thoughts_and_their_signature_make_the_round_trip(openai, group, fakes):
    """In LiteLLM's `thinking_blocks`: a client that hands the message back keeps the signature."""
    word = stack.token()
    messages = [{"role": "user", "content": f"What is the weather? {word}"}]
    settings = {"reasoning_effort": "low", "max_tokens": 8000, "tools": [tool()]}
    asked = ask(openai, group, messages, **settings).choices[0].message
    assert asked.thinking_blocks[0]["signature"]
    [call] = asked.tool_calls
    messages.append(asked.model_dump(exclude_none=True))
    messages.append({"role": "tool", "tool_call_id": call.id, "content": "18 degrees"})
    answer = ask(openai, group, messages, **settings).choices[0].message
    assert answer.content == "The tool said: 18 degrees"
    provider = "anthropic" if group == "claude" else "gemini"
    # One that is not Claude's says whose it is.
    signer, _, signature = asked.thinking_blocks[0]["signature"].rpartition(":")
    assert signer == ("" if group == "claude" else "sluice:google")
    assert signature in fakes.seen(provider, word)[-1]["text"]


@pytest.mark.parametrize("group", GROUPS)
def test_system_messages_arrive(openai, group, fakes):
    word = stack.token()
    ask(openai, group, [
        {"role": "system", "content": f"Obey {word}"}, {"role": "user", "content": "say ok"},
    ])
    provider = next(name for name, known in stack.GROUPS.items() if known == group)
    [seen] = fakes.seen(provider, word)
    assert seen["refused"] is None


@pytest.mark.parametrize("group", GROUPS)
def test_a_conversation_with_consecutive_turns(openai, group):
    """OpenAI's callers may repeat a role; the others want turns to alternate."""
    answer = ask(openai, group, [
        {"role": "user", "content": "first"},
        {"role": "user", "content": "second"},
        {"role": "assistant", "content": "yes?"},
        {"role": "assistant", "content": "well?"},
        {"role": "user", "content": "say fine"},
    ])
    assert answer.choices[0].message.content == "fine"


def test_n_choices(openai):
    answer = ask(openai, "gpt", n=2)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert answer.usage.completion_tokens == 8


@pytest.mark.parametrize("group", ["claude", "nova"])
def test_what_another_provider_cannot_do_is_an_error_that_names_it(openai, group):
    with pytest.raises(sdk.BadRequestError) as caught:
        ask(openai, group, n=2)
    assert caught.value.param == "n" or "n" in str(caught.value)


def test_unknown_fields_reach_a_provider_of_the_same_dialect(openai, fakes):
    """`verbosity` and friends: bytes are forwarded, not rebuilt."""
    word = stack.token()
    ask(openai, "gpt", [{"role": "user", "content": f"say {word}"}],
        seed=7, extra_body={"prompt_cache_key": "abc", "verbosity": "low"})
    [seen] = fakes.seen("openai", word)
    assert seen["body"]["prompt_cache_key"] == "abc"
    assert seen["body"]["seed"] == 7
    assert seen["body"]["model"] == "gpt-4o"


def test_the_provider_s_key_and_not_the_caller_s_goes_upstream(openai, key, fakes):
    word = stack.token()
    ask(openai, "gpt", [{"role": "user", "content": f"say {word}"}])
    [seen] = fakes.seen("openai", word)
    assert seen["headers"]["authorization"] == "Bearer sk-openai-of-the-gateway"
    assert key not in json.dumps(seen)


def test_a_refusal(openai):
    message = ask(openai, "gpt", [{"role": "user", "content": "refuse"}]).choices[0].message
    assert message.refusal == "I cannot help with that request."
    assert message.content is None


def test_models(openai):
    models = {model.id: model for model in openai.models.list()}
    assert {"gpt", "claude", "nova", "sage", "demo"} <= set(models)
    assert models["gpt"].object == "model"
    assert openai.models.retrieve("gpt").id == "gpt"
    with pytest.raises(sdk.NotFoundError):
        openai.models.retrieve("no-such-model")


def test_an_alias(openai):
    assert ask(openai, "gpt-alias").choices[0].message.content == "Grüezi, world"


def test_demo(openai):
    assert ask(openai, "demo").choices[0].message.content
    assert "".join(
        chunk.choices[0].delta.content or "" for chunk in ask(openai, "demo", stream=True)
    )


async def test_async(gateway, key):
    async with clients.openai_async(gateway, key) as client:
        answer = await ask(client, "gpt")
        assert answer.choices[0].message.content == "Grüezi, world"
        stream = await ask(client, "claude", stream=True)
        text = [chunk.choices[0].delta.content or "" async for chunk in stream]
        assert "".join(text) == "Grüezi, world"


def test_a_stream_arrives_as_it_is_made(openai):
    """The first word is here long before the last."""
    import time

    begun = time.monotonic()
    chunks = iter(ask(openai, "gpt", [{"role": "user", "content": "slow 100 long 12"}], stream=True))
    for chunk in chunks:
        if chunk.choices[0].delta.content:
            break
    first = time.monotonic() - begun
    list(chunks)
    total = time.monotonic() - begun
    assert total > 1.2
    assert first < total / 2

"""Google's client, on every provider."""

import json

import pydantic
import pytest
from google.genai import errors, types

import clients
import stack

GROUPS = [pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()]
SAY = "say Grüezi, world"
RESULT = "18 degrees, Föhn"


def ask(gemini, group, contents=SAY, **config):
    config.setdefault("max_output_tokens", 500)
    return gemini.models.generate_content(
        model=group, contents=contents, config=types.GenerateContentConfig(**config)
    )


def stream(gemini, group, contents=SAY, **config):
    config.setdefault("max_output_tokens", 500)
    return list(gemini.models.generate_content_stream(
        model=group, contents=contents, config=types.GenerateContentConfig(**config)
    ))


def declared(name="get_weather"):
    schema = {
        "type": "OBJECT",
        "properties": {"city": {"type": "STRING", "description": "Where"}},
        "required": ["city"],
    }
    return types.FunctionDeclaration(name=name, description="Tells", parameters=schema)


def tools(*names):
    return [types.Tool(function_declarations=[declared(name) for name in names or ["get_weather"]])]


@pytest.mark.parametrize("group", GROUPS)
def test_whole_text(gemini, group):
    answer = ask(gemini, group, system_instruction="Be brief.", temperature=0.5)
    assert answer.text == "Grüezi, world"
    [candidate] = answer.candidates
    assert (candidate.finish_reason, candidate.content.role) == (types.FinishReason.STOP, "model")
    assert answer.usage_metadata.candidates_token_count == 4
    assert answer.usage_metadata.prompt_token_count > 0
    assert answer.response_id


@pytest.mark.parametrize("group", GROUPS)
def test_streamed_text(gemini, group):
    chunks = stream(gemini, group)
    assert "".join(chunk.text or "" for chunk in chunks) == "Grüezi, world"
    assert len(chunks) > 1
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.candidates_token_count == 4


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", [*GROUPS, "three", "bedrock-claude"])
def test_a_tool_s_round_trip(gemini, group, streamed):
    contents = [types.UserContent("What is the weather?")]
    settings = {"tools": tools()}

    def turn():
        if not streamed:
            return ask(gemini, group, contents, **settings).candidates[0].content
        parts = []
        for chunk in stream(gemini, group, contents, **settings):
            parts.extend(chunk.candidates[0].content.parts or [])
        return types.Content(role="model", parts=parts)

    asked = turn()
    [call] = [part.function_call for part in asked.parts if part.function_call]
    assert (call.name, call.args) == ("get_weather", {"city": "Paris"})
    contents.append(asked)
    contents.append(types.UserContent(
        types.Part.from_function_response(name=call.name, response={"result": RESULT})
    ))
    answer = turn()
    assert "".join(part.text or "" for part in answer.parts) == f"The tool said: {RESULT}"


@pytest.mark.parametrize("group", GROUPS)
def test_the_client_calls_a_function_by_itself(gemini, group):
    """Automatic function calling: the client makes the declaration, calls, and sends the result."""
    cities = []

    def get_weather(city: str) -> str:
        """Tells the weather."""
        cities.append(city)
        return RESULT

    answer = ask(gemini, group, "What is the weather?", tools=[get_weather])
    assert cities == ["Paris"]
    assert answer.text == f"The tool said: {RESULT}"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", ["claude", "bedrock-claude", "flash", "three"])
def test_thoughts_and_their_signature_make_the_round_trip(gemini, group, streamed):
    """The provider refuses a thought whose signature is not its own."""
    contents = [types.UserContent("What is the weather?")]
    settings = {
        "tools": tools(),
        "max_output_tokens": 4000,
        "thinking_config": types.ThinkingConfig(include_thoughts=True, thinking_budget=1024),
    }

    def turn():
        if not streamed:
            return ask(gemini, group, contents, **settings).candidates[0].content
        parts = []
        for chunk in stream(gemini, group, contents, **settings):
            parts.extend(chunk.candidates[0].content.parts or [])
        if group in ("claude", "bedrock-claude"):
            # Their signature is over the whole thought, which comes in pieces.
            thought = "".join(part.text for part in parts if part.thought)
            rest = [part for part in parts if not part.thought]
            parts = [types.Part(text=thought, thought=True), *rest]
        return types.Content(role="model", parts=parts)

    asked = turn()
    assert any(part.thought and part.text for part in asked.parts)
    assert any(part.thought_signature for part in asked.parts)
    [call] = [part.function_call for part in asked.parts if part.function_call]
    contents.append(asked)
    contents.append(types.UserContent(
        types.Part.from_function_response(name=call.name, response={"result": RESULT})
    ))
    answer = turn()
    said = [part.text for part in answer.parts if part.text and not part.thought]
    assert "".join(said) == f"The tool said: {RESULT}"


@pytest.mark.parametrize("group", GROUPS)
def test_parallel_calls_without_ids(gemini, group):
    contents = [types.UserContent("two tools")]
    settings = {"tools": tools("get_weather", "get_time")}
    asked = ask(gemini, group, contents, **settings).candidates[0].content
    calls = [part.function_call for part in asked.parts if part.function_call]
    assert [call.name for call in calls] == ["get_weather", "get_time"]
    for call in calls:
        call.id = None
    contents.append(asked)
    contents.append(types.UserContent([
        types.Part.from_function_response(name="get_weather", response={"result": "18 degrees"}),
        types.Part.from_function_response(name="get_time", response={"output": "noon"}),
    ]))
    assert ask(gemini, group, contents, **settings).text == "The tool said: 18 degrees; noon"


@pytest.mark.parametrize("group", GROUPS)
def test_a_forced_tool(gemini, group):
    choice = types.FunctionCallingConfig(mode="ANY", allowed_function_names=["get_time"])
    answer = ask(
        gemini, group, "say nothing", tools=tools("get_weather", "get_time"),
        tool_config=types.ToolConfig(function_calling_config=choice),
    )
    assert [call.name for call in answer.function_calls] == ["get_time"]


class Weather(pydantic.BaseModel):
    city: str


@pytest.mark.parametrize("group", GROUPS)
def test_a_json_schema(gemini, group):
    """By a class: the client sends a `responseSchema` and reads the answer back into it."""
    answer = ask(
        gemini, group, "json", response_mime_type="application/json", response_schema=Weather
    )
    assert answer.parsed == Weather(city="Paris")


@pytest.mark.parametrize("group", GROUPS)
def test_a_schema_in_json_schema_s_words(gemini, group):
    answer = ask(
        gemini, group, "json", response_mime_type="application/json",
        response_json_schema=clients.WEATHER,
    )
    assert json.loads(answer.text) == {"city": "Paris"}


@pytest.mark.parametrize("group", GROUPS)
def test_an_image(gemini, group):
    picture = types.Part.from_bytes(data=clients.PIXEL, mime_type="image/png")
    answer = ask(gemini, group, [picture, "What is this?"])
    size = len(clients.PIXEL)
    assert answer.text == f"You said: What is this? [image/png of {size} bytes]"


@pytest.mark.parametrize("group", ["claude", "nova", "flash", "gpt"])
def test_a_document(gemini, group):
    paper = types.Part.from_bytes(data=b"%PDF-1.4 not really", mime_type="application/pdf")
    answer = ask(gemini, group, [paper, "Read."])
    assert "application/pdf of 19 bytes" in answer.text


@pytest.mark.parametrize("group", GROUPS)
def test_the_cap_and_a_stop_sequence(gemini, group):
    answer = ask(gemini, group, "long 50", max_output_tokens=3)
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    assert answer.usage_metadata.candidates_token_count == 3
    answer = ask(gemini, group, "say one two three", stop_sequences=["two"])
    assert answer.text.strip() == "one"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", GROUPS)
def test_cached_tokens(gemini, group, streamed):
    prompt = "usage cached say hi"
    answer = stream(gemini, group, prompt)[-1] if streamed else ask(gemini, group, prompt)
    usage = answer.usage_metadata
    assert usage.cached_content_token_count == 1024
    # What was read and what was written are part of the prompt.
    assert 1024 + 512 < usage.prompt_token_count < 1024 + 512 + 20


@pytest.mark.parametrize("group", GROUPS)
def test_a_chat_keeps_its_history(gemini, group):
    chat = gemini.chats.create(model=group)
    assert chat.send_message("say one").text == "one"
    assert chat.send_message("say two").text == "two"
    assert len(chat.get_history()) == 4


def test_what_only_google_has_passes_to_google_and_is_refused_elsewhere(gemini, fakes):
    word = stack.token()
    config = {
        "tools": [types.Tool(google_search=types.GoogleSearch())],
        "safety_settings": [types.SafetySetting(
            category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")],
    }
    assert ask(gemini, "flash", f"say {word}", **config).text == word
    [seen] = fakes.seen("gemini", word)
    assert seen["body"]["tools"] == [{"googleSearch": {}}]
    assert seen["body"]["safetySettings"][0]["threshold"] == "BLOCK_NONE"
    assert seen["headers"]["x-goog-api-key"] == "key-of-the-gateway"
    with pytest.raises(errors.ClientError) as caught:
        ask(gemini, "gpt", **config)
    assert caught.value.code == 400
    assert "tools[0]" in caught.value.message


@pytest.mark.parametrize("group", GROUPS)
def test_tokens_are_counted(gemini, group):
    counted = gemini.models.count_tokens(model=group, contents="How many tokens are these?")
    assert 3 < counted.total_tokens < 20


@pytest.mark.parametrize("group", ["embed-google", "embed-openai"])
def test_embeddings(gemini, group):
    answer = gemini.models.embed_content(model=group, contents=["one", "two"])
    assert len(answer.embeddings) == 2
    assert all(isinstance(number, float) for number in answer.embeddings[0].values)


def test_the_models_are_listed(gemini):
    names = [model.name for model in gemini.models.list()]
    assert "models/flash" in names and "models/gpt" in names
    assert gemini.models.get(model="claude").name == "models/claude"


# Failures.


def test_a_wrong_key(gateway):
    with pytest.raises(errors.ClientError) as caught:
        ask(clients.gemini(gateway, "sk-nobody-knows-this-key"), "gpt")
    assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")


def test_an_unknown_model(gemini):
    with pytest.raises(errors.ClientError) as caught:
        ask(gemini, "nobody")
    assert caught.value.code == 400
    assert "Invalid model name passed in model=nobody" in caught.value.message


def test_a_spent_budget(gateway):
    poor = clients.gemini(gateway, gateway.new_key(max_budget=0.0000001))
    with pytest.raises(errors.ClientError) as caught:
        ask(poor, "gpt")
    assert (caught.value.code, caught.value.status) == (422, "RESOURCE_EXHAUSTED")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "order, kind, status",
    [
        ("error 429", errors.ClientError, (429, "RESOURCE_EXHAUSTED")),
        ("error 500", errors.ServerError, (500, "INTERNAL")),
        ("error 503", errors.ServerError, (503, "UNAVAILABLE")),
        ("error context", errors.ClientError, (400, "INVALID_ARGUMENT")),
    ],
    ids=["429", "500", "503", "context"],
)
@pytest.mark.parametrize("group", GROUPS)
def test_upstream_failures(gemini, group, order, kind, status, streamed):
    with pytest.raises(kind) as caught:
        (stream if streamed else ask)(gemini, group, order)
    assert (caught.value.code, caught.value.status) == status


@pytest.mark.parametrize("order", ["die long 40", "cut long 40", "late error long 40"])
@pytest.mark.parametrize("group", GROUPS)
def test_a_broken_stream_is_an_error(gemini, group, order):
    """Google's client hands an error event on as a chunk without candidates: no clean end."""
    try:
        chunks = stream(gemini, group, order)
    except errors.APIError:
        return
    assert not any(
        candidate.finish_reason for chunk in chunks for candidate in chunk.candidates or []
    )


async def test_async(gateway, key):
    client = clients.gemini(gateway, key).aio
    answer = await client.models.generate_content(model="claude", contents=SAY)
    assert answer.text == "Grüezi, world"
    chunks = await client.models.generate_content_stream(model="gpt", contents=SAY)
    assert "".join([chunk.text or "" async for chunk in chunks]) == "Grüezi, world"

"""What the gateway sends to Bedrock, checked against AWS's own model of the API (botocore's)."""

import base64

import botocore.loaders
import botocore.model
import botocore.validate
import pytest

import clients
import stack


@pytest.fixture(scope="module")
def model():
    description = botocore.loaders.Loader().load_service_model("bedrock-runtime", "service-2")
    return botocore.model.ServiceModel(description)


def native(shape, value):
    """The JSON body as botocore has it: blobs are bytes."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        return {name: native(shape.members[name], inner) if name in shape.members else inner
                for name, inner in value.items()}
    if shape.type_name == "list":
        return [native(shape.member, inner) for inner in value]
    if shape.type_name == "blob":
        return base64.b64decode(value, validate=True)
    return value


def unknown(shape, value, path=""):
    """Names that the model does not have; the validator lets them pass."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{path}.{name}"
            else:
                yield from unknown(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list":
        for index, inner in enumerate(value):
            yield from unknown(shape.member, inner, f"{path}[{index}]")


REQUESTS = {
    "text": ("openai", {"messages": [{"role": "user", "content": "say hi"}]}),
    "everything of OpenAI's": ("openai", {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {
                    "url": "data:image/png;base64," + base64.b64encode(clients.PIXEL).decode(),
                }},
            ]},
            {"role": "assistant", "content": "I call.", "tool_calls": [
                {"id": "call_1", "type": "function",
                 "function": {"name": "get_weather", "arguments": '{"city": "Bern"}'}},
                {"id": "call_2", "type": "function",
                 "function": {"name": "get_weather", "arguments": ""}},
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"},
            {"role": "tool", "tool_call_id": "call_2", "content": '["a", "b"]'},
            {"role": "user", "content": "and now?"},
        ],
        "tools": [
            {"type": "function", "function": {
                "name": "get_weather", "description": "", "parameters": clients.WEATHER,
            }},
            {"type": "function", "function": {"name": "no_arguments"}},
        ],
        "tool_choice": "required",
        "max_tokens": 50, "temperature": 0.2, "top_p": 0.9, "stop": ["END"],
    }),
    "a schema": ("openai", {
        "messages": [{"role": "user", "content": "json"}],
        "response_format": {"type": "json_schema", "json_schema": {
            "name": "weather", "schema": clients.WEATHER,
        }},
    }),
    "everything of Anthropic's": ("anthropic", {
        "max_tokens": 50,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
                {"type": "image", "source": {
                    "type": "base64", "media_type": "image/png",
                    "data": base64.b64encode(clients.PIXEL).decode(),
                }},
                {"type": "document", "title": "Q3 report.pdf", "source": {
                    "type": "base64", "media_type": "application/pdf",
                    "data": base64.b64encode(b"%PDF-1.4").decode(),
                }},
                {"type": "document", "source": {
                    "type": "text", "media_type": "text/plain", "data": "plain words",
                }},
            ]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": [
                    {"type": "text", "text": "no net"},
                    {"type": "image", "source": {
                        "type": "base64", "media_type": "image/png",
                        "data": base64.b64encode(clients.PIXEL).decode(),
                    }},
                ]},
            ]},
        ],
        "tools": [{"name": "get_weather", "input_schema": clients.WEATHER,
                   "cache_control": {"type": "ephemeral"}}],
        "tool_choice": {"type": "any"},
        "stop_sequences": ["END"],
    }),
    "an empty tool result": ("anthropic", {
        "max_tokens": 50,
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
            ]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1"}]},
        ],
        "tools": [{"name": "get_weather", "input_schema": clients.WEATHER}],
    }),
}


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_what_reaches_bedrock_is_what_its_model_says(gateway, key, fakes, model, name, stream):
    dialect, body = REQUESTS[name]
    word = stack.token()
    path = "/v1/chat/completions" if dialect == "openai" else "/v1/messages"
    # `metadata` would be sent on; the word goes into the first message.
    messages = [dict(message) for message in body["messages"]]
    first = next(message for message in messages if message["role"] == "user")
    if isinstance(first["content"], str):
        first["content"] += f" {word}"
    else:
        first["content"] = [{"type": "text", "text": word}, *first["content"]]
    answer = gateway.http.post(
        path, json={**body, "messages": messages, "model": "nova", "stream": stream},
        headers={"authorization": f"Bearer {key}", "anthropic-version": "2023-06-01"},
    )
    assert answer.status_code == 200, answer.text
    [seen] = fakes.seen("bedrock", word)
    operation = model.operation_model("ConverseStream" if stream else "Converse")
    shape = operation.input_shape
    params = native(shape, {**seen["body"], "modelId": "us.amazon.nova-lite-v1:0"})
    report = botocore.validate.ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()
    assert list(unknown(shape, seen["body"])) == []
    assert seen["headers"]["authorization"].startswith("AWS4-HMAC-SHA256 ")
    assert "/us-east-1/bedrock/aws4_request" in seen["headers"]["authorization"]

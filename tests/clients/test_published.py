"""Every translated body of the golden files, held against what the vendors publish of their APIs.

The golden files are what the gateway writes: `shared/wire/tests/fixtures/matrix/golden` is made and checked by
`cargo test -p sluice-wire --test matrix`, `golden/` here by `test_matrix.py`, over HTTP. What a caller of the same
dialect wrote passes as it is, and is not looked at.
"""

import json
import pathlib

import pytest
from anthropic.types import message_create_params
from google.genai import types as google
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params
from typing_extensions import TypedDict

from published import problems
from test_schema import model, native, unknown  # noqa: F401, the fixture among them

HERE = pathlib.Path(__file__).parent
WIRE = HERE.parents[1] / "shared" / "wire" / "tests" / "fixtures" / "matrix" / "golden"


class Gemini(TypedDict, total=False):
    """`GenerateContentRequest`; the SDK publishes its parts."""

    contents: list[google.Content]
    systemInstruction: google.Content
    tools: list[google.Tool]
    toolConfig: google.ToolConfig
    generationConfig: google.GenerationConfig
    safetySettings: list[google.SafetySetting]
    cachedContent: str
    labels: dict[str, str]
    serviceTier: str


def either(module, name):
    """The request of an answer in one piece, or of a stream."""
    def kind(body):
        return getattr(module, f"{name}{'Streaming' if body.get('stream') else 'NonStreaming'}")
    return kind


PUBLISHED = {
    "openai_chat": either(completion_create_params, "CompletionCreateParams"),
    "openai_responses": either(response_create_params, "ResponseCreateParams"),
    "anthropic_messages": either(message_create_params, "MessageCreateParams"),
    "gemini": lambda _: Gemini,
}

#: The dialect of a path at a fake provider.
PATHS = {
    "/chat/completions": "openai_chat",
    "/responses": "openai_responses",
    "/v1/messages": "anthropic_messages",
    ":generateContent": "gemini",
    ":streamGenerateContent": "gemini",
    "/converse": "bedrock_converse",
    "/converse-stream": "bedrock_converse",
}
#: The clients of the matrix and the dialects that they speak.
CALLERS = {"chat": "openai_chat", "responses": "openai_responses", "messages": "anthropic_messages",
           "converse": "bedrock_converse", "gemini": "gemini"}
#: What Anthropic's version 2026-10-21 took away. Models of before take it under 2023-06-01, which the gateway sends,
#: and it goes to no other.
OLDER = ["temperature", "top_p", "top_k"]
#: Those who take more than OpenAI publishes: their thoughts back, and markers.
COMPATIBLE = {"compatible", "sagemaker"}


def of_wire():
    for path in sorted(WIRE.glob("*.json")):
        request, _, to = path.stem.partition(".to.")
        if request.partition(".")[2] != to:
            yield path.stem, to, json.loads(path.read_text())["body"]


def of_matrix():
    for path in sorted((HERE / "golden").glob("*.json")):
        if path.stem in COMPATIBLE:
            continue
        for feature, cells in json.loads(path.read_text()).items():
            for caller, cell in cells.items():
                for at, sent in enumerate(cell["sent"]):
                    route = sent["path"].partition("?")[0]
                    to = next((to for end, to in PATHS.items() if route.endswith(end)), None)
                    if to and to != CALLERS[caller]:
                        yield f"{path.stem} {feature} {caller} {at}", to, sent["body"]


BODIES = [*of_wire(), *of_matrix()]


def test_there_are_bodies_for_every_dialect():
    assert {to for _, to, _ in BODIES} >= {*PUBLISHED, "bedrock_converse"}
    assert len(BODIES) > 150


@pytest.mark.parametrize("to, body", [body[1:] for body in BODIES], ids=[body[0] for body in BODIES])
def test_a_translated_body_has_nothing_in_it_that_is_not_published(model, to, body):
    if to == "bedrock_converse":
        shape = model.operation_model("Converse").input_shape
        body = native(shape, body)
        assert list(unknown(shape, {"modelId": "m", **body})) == []
        return
    body = dict(body)
    if to == "bedrock_invoke":
        # Anthropic's own, in Bedrock's envelope.
        assert body.pop("anthropic_version") == "bedrock-2023-05-31"
        to, body["model"] = "anthropic_messages", "m"
    if to == "anthropic_messages":
        body.setdefault("model", "m")
        body = {name: value for name, value in body.items() if name not in OLDER}
    assert problems(PUBLISHED[to](body), body) == []


def test_a_field_that_is_not_published_is_found():
    body = {"model": "m", "messages": [{"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}]}
    assert problems(completion_create_params.CompletionCreateParamsNonStreaming, body) != []

"""Bedrock's InvokeModel, CountTokens and ApplyGuardrail, by boto3 and by Anthropic's Bedrock client."""

import json

import anthropic as anthropic_sdk
import botocore.exceptions
import pytest

import clients

#: Groups that Anthropic's body reaches: Claude on Bedrock byte for byte, the others by translation.
GROUPS = ["bedrock-claude", "claude", "gpt", "nova", "sage"]


def ask(text="say Grüezi, world", **fields):
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 300,
        "messages": [{"role": "user", "content": text}],
        **fields,
    }


def invoke(bedrock, group, body):
    answer = bedrock.invoke_model(modelId=group, body=json.dumps(body))
    assert answer["contentType"] == "application/json"
    return json.loads(answer["body"].read())


def streamed(bedrock, group, body):
    answer = bedrock.invoke_model_with_response_stream(modelId=group, body=json.dumps(body))
    assert answer["contentType"] == "application/json"
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


@pytest.mark.parametrize("group", GROUPS)
def test_whole(bedrock, group):
    message = invoke(bedrock, group, ask())
    assert message["content"] == [{"type": "text", "text": "Grüezi, world"}]
    assert (message["type"], message["stop_reason"]) == ("message", "end_turn")
    assert message["usage"]["output_tokens"] == 4


@pytest.mark.parametrize("group", GROUPS)
def test_streamed(bedrock, group):
    events = streamed(bedrock, group, ask())
    names = [event["type"] for event in events]
    assert (names[0], names[-2:]) == ("message_start", ["message_delta", "message_stop"])
    text = "".join(
        event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta"
    )
    assert text == "Grüezi, world"
    assert events[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] == 4


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_another_familys_own_body_passes_on_bedrock(bedrock, stream):
    body = {
        "messages": [{"role": "user", "content": [{"text": "say Grüezi, world"}]}],
        "inferenceConfig": {"maxTokens": 300},
    }
    if stream:
        events = streamed(bedrock, "nova", body)
        said = "".join(
            event["contentBlockDelta"]["delta"]["text"]
            for event in events
            if "contentBlockDelta" in event
        )
    else:
        said = invoke(bedrock, "nova", body)["output"]["message"]["content"][0]["text"]
    assert said == "Grüezi, world"
    with pytest.raises(bedrock.exceptions.ValidationException, match="anthropic_version"):
        invoke(bedrock, "gpt", body)


@pytest.mark.parametrize("group", ["bedrock-claude", "claude", "gpt"])
def test_a_tool_makes_the_round_trip(bedrock, group):
    body = ask("weather?", tools=[{"name": "get_weather", "input_schema": clients.WEATHER}])
    message = invoke(bedrock, group, body)
    call = message["content"][-1]
    assert (call["type"], call["name"]) == ("tool_use", "get_weather")
    body["messages"] += [
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call["id"], "content": "18 degrees"},
        ]},
    ]
    assert invoke(bedrock, group, body)["content"][-1]["text"] == "The tool said: 18 degrees"


def test_a_model_is_found_by_its_id_and_by_its_arn(bedrock):
    model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/fakeprofile1"
    for name in (model, profile):
        assert invoke(bedrock, name, ask())["content"][0]["text"] == "Grüezi, world"
        answer = bedrock.converse(modelId=name, messages=[clients.user("say hi")])
        assert answer["output"]["message"]["content"][0]["text"] == "hi"


#: Every exception of the service's model that an operation here can answer with, by the order that
#: makes the fake provider answer with it.
CLASSES = {
    "ValidationException": 400,
    "ServiceQuotaExceededException": 402,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408,
    "ConflictException": 409,
    "ModelErrorException": 424,
    "ModelNotReadyException": 425,
    "ThrottlingException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}


def test_the_classes_are_those_of_the_model(bedrock):
    known = {shape.name for shape in bedrock.meta.service_model.error_shapes}
    # The last one comes inside of a stream only.
    assert known - set(CLASSES) == {"ModelStreamErrorException"}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("way", ["invoke", "invoke-stream", "converse"])
def test_boto3_raises_the_class_that_bedrock_answered_with(bedrock, way, name):
    text = f"error {CLASSES[name]}"
    with pytest.raises(getattr(bedrock.exceptions, name)) as raised:
        if way == "converse":
            bedrock.converse(modelId="bedrock-claude", messages=[clients.user(text)])
        elif way == "invoke":
            invoke(bedrock, "bedrock-claude", ask(text))
        else:
            streamed(bedrock, "bedrock-claude", ask(text))
    assert raised.value.response["Error"]["Code"] == name
    assert raised.value.response["Error"]["Message"]
    status = raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
    shape = next(s for s in bedrock.meta.service_model.error_shapes if s.name == name)
    assert status == shape.metadata["error"]["httpStatusCode"]


@pytest.mark.parametrize("group", ["bedrock-claude", "claude", "gpt"])
def test_an_error_in_the_stream_is_an_event_stream_error(bedrock, group):
    with pytest.raises(botocore.exceptions.EventStreamError):
        streamed(bedrock, group, ask("late error long 20"))


def test_guardrails(bedrock):
    def apply(text, guardrail="gr1"):
        return bedrock.apply_guardrail(
            guardrailIdentifier=guardrail, guardrailVersion="1", source="INPUT",
            content=[{"text": {"text": text}}],
        )

    assert apply("hello")["action"] == "NONE"
    blocked = apply("this is forbidden")
    assert blocked["action"] == "GUARDRAIL_INTERVENED"
    assert blocked["outputs"][0]["text"]
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        apply("hello", "missing")


@pytest.mark.parametrize("group", ["bedrock-claude", "claude", "gpt"])
def test_tokens_are_counted(bedrock, group):
    converse = bedrock.count_tokens(
        modelId=group, input={"converse": {"messages": [clients.user("Hello, Claude")]}}
    )
    native = bedrock.count_tokens(
        modelId=group, input={"invokeModel": {"body": json.dumps(ask("Hello, Claude"))}}
    )
    assert 3 <= converse["inputTokens"] == native["inputTokens"] <= 10


@pytest.fixture
def through_bedrock(gateway, key):
    with anthropic_sdk.AnthropicBedrock(
        base_url=f"{gateway.url}/bedrock", api_key=key, aws_region="us-east-1", max_retries=0
    ) as client:
        yield client


@pytest.mark.parametrize("group", ["bedrock-claude", "claude", "gpt"])
def test_anthropics_bedrock_client(through_bedrock, group):
    settings = {"model": group, "max_tokens": 300}
    messages = [{"role": "user", "content": "say Grüezi, world"}]
    message = through_bedrock.messages.create(messages=messages, **settings)
    assert message.content[0].text == "Grüezi, world"
    with through_bedrock.messages.stream(messages=messages, **settings) as stream:
        assert "".join(stream.text_stream) == "Grüezi, world"
        assert stream.get_final_message().usage.output_tokens == 4
    with pytest.raises(anthropic_sdk.NotFoundError):
        through_bedrock.messages.create(
            messages=[{"role": "user", "content": "error 404"}], model="bedrock-claude", max_tokens=1
        )


def test_the_books_balance(gateway, tls_gateway, through_bedrock, key):
    for _ in range(3):
        through_bedrock.messages.create(
            model="bedrock-claude", max_tokens=300,
            messages=[{"role": "user", "content": "usage 100 20 say hi"}],
        )
    rows, info = gateway.settled(key, 3)
    assert {row["call_type"] for row in rows} == {"invoke_model"}
    assert abs(sum(row["spend"] for row in rows) - info["spend"]) < 1e-12
    assert all(row["prompt_tokens"] == 100 for row in rows)



"""AWS's client (boto3, Bedrock Runtime), on every provider."""

import json

import pytest

import clients
import stack

GROUPS = [pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()]


def ask(bedrock, group, text="say Grüezi, world", **settings):
    return bedrock.converse(modelId=group, messages=[clients.user(text)], **settings)


def said(answer):
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


def tools(*names):
    return {"tools": [
        {"toolSpec": {"name": name, "inputSchema": {"json": clients.WEATHER}}} for name in names
    ]}


@pytest.mark.parametrize("group", GROUPS)
def test_whole_text(bedrock, group):
    answer = ask(bedrock, group)
    assert answer["output"]["message"] == {
        "role": "assistant", "content": [{"text": "Grüezi, world"}],
    }
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["outputTokens"] == 4
    assert answer["usage"]["totalTokens"] == answer["usage"]["inputTokens"] + 4
    assert answer["metrics"]["latencyMs"] >= 0
    assert answer["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize("group", GROUPS)
def test_streamed_text(bedrock, group):
    answer = bedrock.converse_stream(modelId=group, messages=[clients.user("say Grüezi, world")])
    text, events = clients.joined(answer["stream"])
    assert text == "Grüezi, world"
    names = [next(iter(event)) for event in events]
    assert names[0] == "messageStart"
    assert names[-3:] == ["contentBlockStop", "messageStop", "metadata"]
    assert events[-2]["messageStop"]["stopReason"] == "end_turn"
    assert events[-1]["metadata"]["usage"]["outputTokens"] == 4


@pytest.mark.parametrize("group", GROUPS)
def test_an_image(bedrock, group):
    image = {"image": {"format": "png", "source": {"bytes": clients.PIXEL}}}
    message = {"role": "user", "content": [{"text": "What is this?"}, image]}
    answer = bedrock.converse(modelId=group, messages=[message])
    expected = f"You said: What is this? [image/png of {len(clients.PIXEL)} bytes]"
    assert said(answer) == expected


@pytest.mark.parametrize("group", GROUPS)
def test_a_json_schema(bedrock, group):
    schema = {"jsonSchema": {"schema": json.dumps(clients.WEATHER), "name": "weather"}}
    answer = ask(bedrock, group, "json", outputConfig={
        "textFormat": {"type": "json_schema", "structure": schema},
    })
    assert json.loads(said(answer)) == {"city": "Paris"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", ["claude", "bedrock-claude", "flash", "three"])
def test_thoughts_and_their_signature_make_the_round_trip(bedrock, group, stream):
    messages = [clients.user("What is the weather?")]
    settings = {
        "inferenceConfig": {"maxTokens": 4000},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "toolConfig": tools("get_weather"),
    }

    def turn():
        if not stream:
            answer = bedrock.converse(modelId=group, messages=messages, **settings)
            return answer["output"]["message"]["content"]
        answer = bedrock.converse_stream(modelId=group, messages=messages, **settings)
        return clients.gathered(answer["stream"])

    asked = turn()
    assert [next(iter(block)) for block in asked] == ["reasoningContent", "toolUse"]
    assert asked[0]["reasoningContent"]["reasoningText"]["signature"]
    messages.append({"role": "assistant", "content": asked})
    result = {"toolUseId": asked[1]["toolUse"]["toolUseId"], "content": [{"text": "18 degrees"}]}
    messages.append({"role": "user", "content": [{"toolResult": result}]})
    answer = turn()
    # Google signs at the end of a streamed text: a thought without words may follow it.
    said = [block["text"] for block in answer if "text" in block]
    assert said == ["The tool said: 18 degrees"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("group", GROUPS)
def test_parallel_tool_calls(bedrock, group, stream):
    messages = [clients.user("two tools")]
    settings = {"toolConfig": tools("get_weather", "get_time")}
    if stream:
        answer = bedrock.converse_stream(modelId=group, messages=messages, **settings)
        content = clients.gathered(answer["stream"])
    else:
        answer = bedrock.converse(modelId=group, messages=messages, **settings)
        content = answer["output"]["message"]["content"]
        assert answer["stopReason"] == "tool_use"
    calls = [block["toolUse"] for block in content if "toolUse" in block]
    assert [(call["name"], call["input"]) for call in calls] == [
        ("get_weather", {"city": "Paris"}), ("get_time", {"city": "Zürich"}),
    ]
    messages.append({"role": "assistant", "content": content})
    messages.append({"role": "user", "content": [
        {"toolResult": {"toolUseId": calls[0]["toolUseId"], "content": [{"text": "18 degrees"}]}},
        {"toolResult": {"toolUseId": calls[1]["toolUseId"], "content": [{"json": {"h": 12}}]}},
    ]})
    answer = bedrock.converse(modelId=group, messages=messages, **settings)
    assert said(answer).replace(" ", "") == 'Thetoolsaid:18degrees;{"h":12}'


@pytest.mark.parametrize("group", GROUPS)
def test_a_forced_tool(bedrock, group):
    config = {**tools("get_weather", "get_time"), "toolChoice": {"tool": {"name": "get_time"}}}
    answer = ask(bedrock, group, "say nothing", toolConfig=config)
    [call] = [block["toolUse"] for block in answer["output"]["message"]["content"]]
    assert call["name"] == "get_time"


@pytest.mark.parametrize("group", GROUPS)
def test_stop_sequences(bedrock, group):
    answer = ask(bedrock, group, "say one two three", inferenceConfig={"stopSequences": ["two"]})
    assert said(answer).strip() == "one"
    expected = "end_turn" if group in ("gpt", "sage", "flash") else "stop_sequence"
    assert answer["stopReason"] == expected


@pytest.mark.parametrize("group", GROUPS)
def test_the_cap(bedrock, group):
    answer = ask(bedrock, group, "long 50", inferenceConfig={"maxTokens": 3, "temperature": 0.5})
    assert answer["stopReason"] == "max_tokens"
    assert answer["usage"]["outputTokens"] == 3


@pytest.mark.parametrize("group", GROUPS)
def test_cached_tokens(bedrock, group):
    usage = ask(bedrock, group, "usage cached say hi")["usage"]
    assert usage["cacheReadInputTokens"] == 1024
    if group in ("claude", "nova"):
        assert usage["cacheWriteInputTokens"] == 512
        assert usage["inputTokens"] < 20


def test_everything_of_converse_reaches_bedrock(bedrock, fakes):
    word = stack.token()
    settings = {
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        "additionalModelRequestFields": {"top_k": 5},
        "requestMetadata": {"team": "blue"},
        "performanceConfig": {"latency": "standard"},
        "inferenceConfig": {"maxTokens": 50, "topP": 0.5},
    }
    ask(bedrock, "nova", f"say {word}", **settings)
    [seen] = fakes.seen("bedrock", word)
    for name, value in settings.items():
        assert seen["body"][name] == value
    assert seen["path"] == "/model/us.amazon.nova-lite-v1%3A0/converse"


def test_an_inference_profile_s_arn(bedrock, fakes):
    word = stack.token()
    assert said(ask(bedrock, "profile", f"say {word}")) == word
    [seen] = fakes.seen("bedrock", word)
    assert "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2F" in (
        seen["path"]
    )

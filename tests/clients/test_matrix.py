"""Every client on every provider: a whole tool round trip, streamed.

Ask with a tool, read the call from the stream, send its result, read the text that quotes it.
"""

import json

import pytest

import clients
import stack

QUESTION = "What is the weather?"
RESULT = "18 degrees, Föhn"
EXPECTED = f"The tool said: {RESULT}"

GROUPS = [pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()]


@pytest.mark.parametrize("group", GROUPS)
def test_openai_sdk(openai, group):
    tools = [{
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Tells the weather",
            "parameters": clients.WEATHER,
        },
    }]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": QUESTION},
    ]

    with openai.chat.completions.stream(model=group, messages=messages, tools=tools) as stream:
        for event in stream:
            pass
        asked = stream.get_final_completion()
    choice = asked.choices[0]
    assert choice.finish_reason == "tool_calls"
    [call] = choice.message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}

    messages.append(
        {
            "role": "assistant",
            "content": choice.message.content,
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }
            ],
        }
    )
    messages.append({"role": "tool", "tool_call_id": call.id, "content": RESULT})
    chunks = list(
        openai.chat.completions.create(
            model=group,
            messages=messages,
            tools=tools,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == EXPECTED
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.prompt_tokens > 0
    assert chunks[-1].usage.completion_tokens == -(-len(EXPECTED) // 4)


@pytest.mark.parametrize("group", GROUPS)
def test_anthropic_sdk(anthropic, group):
    tools = [
        {
            "name": "get_weather",
            "description": "Tells the weather",
            "input_schema": clients.WEATHER,
        }
    ]
    messages = [{"role": "user", "content": QUESTION}]

    with anthropic.messages.stream(
        model=group, max_tokens=500, system="Be brief.", messages=messages, tools=tools
    ) as stream:
        asked = stream.get_final_message()
    assert asked.stop_reason == "tool_use"
    [call] = [block for block in asked.content if block.type == "tool_use"]
    assert (call.name, call.input) == ("get_weather", {"city": "Paris"})

    messages.append({"role": "assistant", "content": asked.content})
    messages.append({
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": call.id, "content": RESULT}],
    })
    with anthropic.messages.stream(
        model=group, max_tokens=500, messages=messages, tools=tools
    ) as stream:
        text = "".join(stream.text_stream)
        answer = stream.get_final_message()
    assert text == EXPECTED
    assert answer.stop_reason == "end_turn"
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens == -(-len(EXPECTED) // 4)


@pytest.mark.parametrize("group", GROUPS)
def test_boto3(bedrock, group):
    tools = {
        "tools": [{
            "toolSpec": {
                "name": "get_weather",
                "description": "Tells the weather",
                "inputSchema": {"json": clients.WEATHER},
            }
        }]
    }
    messages = [clients.user(QUESTION)]

    def ask():
        return clients.joined(
            bedrock.converse_stream(
                modelId=group,
                system=[{"text": "Be brief."}],
                messages=messages,
                toolConfig=tools,
            )["stream"]
        )

    _, events = ask()
    [start] = [
        event["contentBlockStart"]["start"]["toolUse"]
        for event in events
        if "contentBlockStart" in event
    ]
    arguments = "".join(
        event["contentBlockDelta"]["delta"]["toolUse"]["input"]
        for event in events
        if "toolUse" in event.get("contentBlockDelta", {}).get("delta", {})
    )
    assert start["name"] == "get_weather"
    assert json.loads(arguments) == {"city": "Paris"}
    assert events[-2]["messageStop"]["stopReason"] == "tool_use"

    call = {"toolUseId": start["toolUseId"], "name": start["name"], "input": {"city": "Paris"}}
    messages.append({"role": "assistant", "content": [{"toolUse": call}]})
    messages.append({
        "role": "user",
        "content": [{
            "toolResult": {"toolUseId": start["toolUseId"], "content": [{"text": RESULT}]}
        }],
    })
    text, events = ask()
    assert text == EXPECTED
    assert events[0] == {"messageStart": {"role": "assistant"}}
    assert events[-2]["messageStop"]["stopReason"] == "end_turn"
    usage = events[-1]["metadata"]["usage"]
    assert usage["inputTokens"] > 0
    assert usage["outputTokens"] == -(-len(EXPECTED) // 4)
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]

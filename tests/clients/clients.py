"""The official clients, pointed at the gateway: a base URL and a key, nothing else."""

import json

import anthropic as anthropic_sdk
import boto3
import botocore.config
import openai as openai_sdk
from google import genai
from google.genai import types

#: A picture of one red pixel, PNG.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8"
    "cfc0000003010100c9fe92ef0000000049454e44ae426082"
)

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Where"}},
    "required": ["city"],
    "additionalProperties": False,
}


def openai(gateway, key, **settings):
    return openai_sdk.OpenAI(
        base_url=f"{gateway.url}/v1", api_key=key, max_retries=0, timeout=30, **settings
    )


def openai_async(gateway, key):
    return openai_sdk.AsyncOpenAI(
        base_url=f"{gateway.url}/v1", api_key=key, max_retries=0, timeout=30
    )


def anthropic(gateway, key, **settings):
    return anthropic_sdk.Anthropic(
        base_url=gateway.url, api_key=key, max_retries=0, timeout=30, **settings
    )


def anthropic_async(gateway, key):
    return anthropic_sdk.AsyncAnthropic(
        base_url=gateway.url, api_key=key, max_retries=0, timeout=30
    )


def bedrock(gateway, key, monkeypatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", key)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    session = boto3.session.Session()
    return session.client(
        "bedrock-runtime",
        endpoint_url=f"{gateway.url}/bedrock",
        region_name="us-east-1",
        verify=str(gateway.certificate),
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, read_timeout=30, proxies={}
        ),
    )


def gemini(gateway, key, **client_args):
    options = types.HttpOptions(
        base_url=gateway.url,
        timeout=30_000,
        client_args={"trust_env": False, **client_args},
        async_client_args={"trust_env": False},
    )
    return genai.Client(api_key=key, http_options=options)


def user(text):
    """A user's message as Converse has it."""
    return {"role": "user", "content": [{"text": text}]}


def joined(stream):
    """Text of a Converse stream, and every event of it."""
    events = list(stream)
    text = "".join(
        event["contentBlockDelta"]["delta"].get("text", "")
        for event in events
        if "contentBlockDelta" in event
    )
    return text, events


def gathered(stream):
    """Content blocks of a stream, put together."""
    blocks = {}
    for event in stream:
        if "contentBlockStart" in event:
            start = event["contentBlockStart"]
            blocks[start["contentBlockIndex"]] = {"toolUse": {**start["start"]["toolUse"], "input": ""}}
        if "contentBlockDelta" not in event:
            continue
        delta = event["contentBlockDelta"]["delta"]
        index = event["contentBlockDelta"]["contentBlockIndex"]
        if "text" in delta:
            blocks.setdefault(index, {"text": ""})["text"] += delta["text"]
        if "toolUse" in delta:
            blocks[index]["toolUse"]["input"] += delta["toolUse"]["input"]
        if "reasoningContent" in delta:
            empty = {"reasoningContent": {"reasoningText": {"text": "", "signature": ""}}}
            thought = blocks.setdefault(index, empty)["reasoningContent"]["reasoningText"]
            for name, piece in delta["reasoningContent"].items():
                thought[name] += piece
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    return [blocks[index] for index in sorted(blocks)]

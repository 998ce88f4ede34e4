"""The five clients of the matrix: each asks for the same things in the words of its SDK, and tells what it
got in words that all have in common."""

import base64
import dataclasses
import json

import anthropic as anthropic_sdk
import botocore.exceptions
import google.genai.errors
import httpx2
import openai as openai_sdk
from google.genai import types

import clients

CAP = 4000
DESCRIPTION = "Weather of a city"


@dataclasses.dataclass
class Said:
    """What an answer says."""

    text: str
    thoughts: str
    calls: list
    finish: str
    usage: tuple
    #: The ids of its calls.
    ids: list
    #: The answer as the client hands it back.
    turns: list


class Caller:
    """A client with a key of its own, which remembers the headers of its last answer.

    `finishes` are its words for a whole answer and for one that calls a tool, `refusals` the classes that it
    raises for a rate limit, a prompt that is too long and a stream that breaks.
    """

    def __init__(self, gateway, key, environment):
        self.headers = {}
        self.environment = environment
        self.gateway, self.key = gateway, key
        self.client = self.connect()

    def dropped(self):
        names = self.headers.get("x-sluice-dropped", "")
        return names.split(",") if names else []

    def http(self):
        return httpx2.Client(trust_env=False, timeout=30, event_hooks={"response": [self.listen]})

    def listen(self, answer):
        self.headers = dict(answer.headers)

    def fails(self, *arguments):
        """The class of the exception that a call raises, its status, its code and its message."""
        try:
            self.ask(*arguments)
        except self.ERROR as error:
            return [type(error).__name__, *self.told(error)]
        raise AssertionError("it did not fail")


class Chat(Caller):
    dialect = "openai_chat"
    finishes = ("stop", "tool_calls")
    refusals = ("RateLimitError", "BadRequestError", "APIError")
    ERROR = openai_sdk.APIError
    SETTINGS = {
        "tools": {"tools": [{
            "type": "function",
            "function": {"name": "get_weather", "description": DESCRIPTION, "parameters": clients.WEATHER},
        }]},
        "schema": {"response_format": {
            "type": "json_schema",
            "json_schema": {"name": "weather", "schema": clients.WEATHER, "strict": True},
        }},
        "reasoning": {"reasoning_effort": "low"},
    }

    def connect(self):
        return clients.openai(self.gateway, self.key, http_client=self.http())

    def user(self, text, picture=None):
        if picture is None:
            return {"role": "user", "content": text}
        url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        return {"role": "user", "content": [
            {"type": "text", "text": text},
            {"type": "image_url", "image_url": {"url": url}},
        ]}

    def result(self, identity, result):
        return {"role": "tool", "tool_call_id": identity, "content": result}

    def ask(self, group, turns, settings, stream=False):
        create = self.client.chat.completions.create
        ask = {"model": group, "messages": turns, "max_completion_tokens": CAP, **settings}
        if not stream:
            answer = create(**ask)
            [choice] = answer.choices
            message = choice.message.model_dump(exclude_none=True)
            return self.said(message, choice.finish_reason, answer.usage)
        message = {"role": "assistant", "content": ""}
        calls, finish, usage = {}, None, None
        for chunk in create(**ask, stream=True, stream_options={"include_usage": True}):
            usage = chunk.usage or usage
            for choice in chunk.choices:
                finish = choice.finish_reason or finish
                delta = choice.delta.model_dump(exclude_none=True)
                for piece in delta.pop("tool_calls", []):
                    call = calls.setdefault(piece["index"], piece)
                    if call is not piece:
                        call["function"]["arguments"] += piece["function"]["arguments"]
                for name in ("content", "reasoning_content"):
                    message[name] = message.get(name, "") + delta.get(name, "")
                message.setdefault("thinking_blocks", []).extend(delta.get("thinking_blocks", []))
        for call in calls.values():
            call.pop("index")
        message["tool_calls"] = list(calls.values())
        message = {name: value for name, value in message.items() if value}
        return self.said(message, finish, usage)

    def said(self, message, finish, usage):
        calls = message.get("tool_calls", [])
        made = [[call["function"]["name"], json.loads(call["function"]["arguments"])] for call in calls]
        return Said(
            message.get("content") or "", message.get("reasoning_content", ""), made, finish,
            (usage.prompt_tokens, usage.completion_tokens), [call["id"] for call in calls], [message],
        )

    def told(self, error):
        return [getattr(error, "status_code", None), error.code, error.body["message"]]


class Responses(Chat):
    dialect = "openai_responses"
    finishes = ("completed", "completed")
    SETTINGS = {
        "tools": {"tools": [{
            "type": "function", "name": "get_weather", "description": DESCRIPTION,
            "parameters": clients.WEATHER, "strict": False,
        }]},
        "schema": {"text": {"format": {
            "type": "json_schema", "name": "weather", "schema": clients.WEATHER, "strict": True,
        }}},
        "reasoning": {
            "reasoning": {"effort": "low", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
        },
    }

    def user(self, text, picture=None):
        if picture is None:
            return {"role": "user", "content": text}
        url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        return {"role": "user", "content": [
            {"type": "input_text", "text": text},
            {"type": "input_image", "image_url": url, "detail": "auto"},
        ]}

    def result(self, identity, result):
        return {"type": "function_call_output", "call_id": identity, "output": result}

    def ask(self, group, turns, settings, stream=False):
        ask = {"model": group, "input": turns, "max_output_tokens": CAP, "store": False, **settings}
        answer = self.client.responses.create(**ask, stream=stream)
        if stream:
            events = list(answer)
            answer = events[-1].response
            if events[-1].type == "response.failed":
                raise openai_sdk.APIError(answer.error.message, None, body=answer.error.model_dump())
            deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
            assert "".join(deltas) == answer.output_text
            deltas = [event.delta for event in events
                      if event.type in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")]
            assert "".join(deltas) == thoughts(answer)
        calls = [item for item in answer.output if item.type == "function_call"]
        turns = [item.model_dump(exclude_none=True, mode="json") for item in answer.output]
        return Said(
            answer.output_text, thoughts(answer),
            [[call.name, json.loads(call.arguments)] for call in calls], answer.status,
            (answer.usage.input_tokens, answer.usage.output_tokens), [call.call_id for call in calls], turns,
        )


def thoughts(answer):
    """The readable reasoning of a response."""
    items = [item for item in answer.output if item.type == "reasoning"]
    return "".join(part.text for item in items for part in item.summary or item.content or [])


class Messages(Caller):
    dialect = "anthropic_messages"
    finishes = ("end_turn", "tool_use")
    refusals = ("RateLimitError", "BadRequestError", "APIStatusError")
    ERROR = anthropic_sdk.APIError
    SETTINGS = {
        "tools": {"tools": [
            {"name": "get_weather", "description": DESCRIPTION, "input_schema": clients.WEATHER},
        ]},
        "schema": {"output_config": {"format": {"type": "json_schema", "schema": clients.WEATHER}}},
        "reasoning": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    }

    def connect(self):
        return clients.anthropic(self.gateway, self.key, http_client=self.http())

    def user(self, text, picture=None):
        if picture is None:
            return {"role": "user", "content": text}
        data = base64.b64encode(picture).decode()
        return {"role": "user", "content": [
            {"type": "text", "text": text},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}},
        ]}

    def result(self, identity, result):
        return {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": identity, "content": result},
        ]}

    def ask(self, group, turns, settings, stream=False):
        ask = {"model": group, "messages": turns, "max_tokens": CAP, **settings}
        if stream:
            with self.client.messages.stream(**ask) as events:
                answer = events.get_final_message()
        else:
            answer = self.client.messages.create(**ask)
        content = [block.model_dump(exclude_none=True) for block in answer.content]
        for block in content:
            block.pop("parsed_output", None)
        calls = [block for block in answer.content if block.type == "tool_use"]
        return Said(
            "".join(block.text for block in answer.content if block.type == "text"),
            "".join(block.thinking for block in answer.content if block.type == "thinking"),
            [[call.name, call.input] for call in calls], answer.stop_reason,
            (answer.usage.input_tokens, answer.usage.output_tokens), [call.id for call in calls],
            [{"role": "assistant", "content": content}],
        )

    def told(self, error):
        return [getattr(error, "status_code", None), error.body["error"]["type"], error.body["error"]["message"]]


class Converse(Caller):
    dialect = "bedrock_converse"
    finishes = ("end_turn", "tool_use")
    refusals = ("ThrottlingException", "ValidationException", "EventStreamError")
    ERROR = botocore.exceptions.ClientError
    SETTINGS = {
        "tools": {"toolConfig": {"tools": [{"toolSpec": {
            "name": "get_weather", "description": DESCRIPTION, "inputSchema": {"json": clients.WEATHER},
        }}]}},
        "schema": {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {
            "jsonSchema": {"name": "weather", "schema": json.dumps(clients.WEATHER)},
        }}}},
        "reasoning": {
            "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        },
    }

    def connect(self):
        client = clients.bedrock(self.gateway, self.key, self.environment)
        client.meta.events.register("needs-retry.bedrock-runtime", self.answered)
        return client

    def answered(self, response, **_):
        if response is not None:
            self.headers = response[1]["ResponseMetadata"]["HTTPHeaders"]

    def user(self, text, picture=None):
        content = [{"text": text}]
        if picture is not None:
            content.append({"image": {"format": "png", "source": {"bytes": picture}}})
        return {"role": "user", "content": content}

    def result(self, identity, result):
        return {"role": "user", "content": [
            {"toolResult": {"toolUseId": identity, "content": [{"text": result}]}},
        ]}

    def ask(self, group, turns, settings, stream=False):
        ask = {"modelId": group, "messages": turns, "inferenceConfig": {"maxTokens": CAP}, **settings}
        if stream:
            events = list(self.client.converse_stream(**ask)["stream"])
            content = clients.gathered(events)
            finish, usage = events[-2]["messageStop"]["stopReason"], events[-1]["metadata"]["usage"]
        else:
            answer = self.client.converse(**ask)
            content, finish, usage = answer["output"]["message"]["content"], answer["stopReason"], answer["usage"]
        calls = [block["toolUse"] for block in content if "toolUse" in block]
        thoughts = [block["reasoningContent"]["reasoningText"]["text"]
                    for block in content if "reasoningContent" in block]
        return Said(
            "".join(block.get("text", "") for block in content), "".join(thoughts),
            [[call["name"], call["input"]] for call in calls], finish,
            (usage["inputTokens"], usage["outputTokens"]), [call["toolUseId"] for call in calls],
            [{"role": "assistant", "content": content}],
        )

    def told(self, error):
        response = error.response
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return [status, response["Error"]["Code"], response["Error"]["Message"]]


class Gemini(Caller):
    dialect = "gemini"
    finishes = ("STOP", "STOP")
    refusals = ("ClientError", "ClientError", "ServerError")
    ERROR = google.genai.errors.APIError
    SETTINGS = {
        "tools": {"tools": [types.Tool(function_declarations=[types.FunctionDeclaration(
            name="get_weather", description=DESCRIPTION, parameters_json_schema=clients.WEATHER,
        )])]},
        "schema": {"response_mime_type": "application/json", "response_json_schema": clients.WEATHER},
        "reasoning": {
            "thinking_config": types.ThinkingConfig(include_thoughts=True, thinking_budget=1024),
        },
    }

    def connect(self):
        return clients.gemini(self.gateway, self.key, event_hooks={"response": [self.listen]})

    def user(self, text, picture=None):
        parts = [types.Part(text=text)]
        if picture is not None:
            parts.append(types.Part.from_bytes(data=picture, mime_type="image/png"))
        return types.UserContent(parts)

    def result(self, identity, result):
        return types.UserContent([types.Part(function_response=types.FunctionResponse(
            id=identity, name="get_weather", response={"output": result},
        ))])

    def ask(self, group, turns, settings, stream=False):
        config = types.GenerateContentConfig(max_output_tokens=CAP, **settings)
        ask = {"model": group, "contents": turns, "config": config}
        if stream:
            chunks = list(self.client.models.generate_content_stream(**ask))
        else:
            chunks = [self.client.models.generate_content(**ask)]
        parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts or []]
        calls = [part.function_call for part in parts if part.function_call]
        usage = chunks[-1].usage_metadata
        output = usage.candidates_token_count + (usage.thoughts_token_count or 0)
        return Said(
            "".join(part.text for part in parts if part.text and not part.thought),
            "".join(part.text for part in parts if part.text and part.thought),
            [[call.name, call.args] for call in calls], chunks[-1].candidates[0].finish_reason.value,
            (usage.prompt_token_count, output), [call.id for call in calls],
            [types.Content(role="model", parts=joined(parts))],
        )

    def told(self, error):
        return [error.code, error.status, error.message]


def joined(parts):
    """The parts as a client keeps them that puts the pieces of a thought together."""
    kept = []
    for part in parts:
        if kept and part.thought and kept[-1].thought and not kept[-1].thought_signature:
            kept[-1] = part.model_copy(update={"text": kept[-1].text + part.text})
        else:
            kept.append(part)
    return kept


ALL = {"chat": Chat, "messages": Messages, "responses": Responses, "converse": Converse, "gemini": Gemini}

"""LangGraph's agent over LangChain's chat models: it asks, runs a tool, and reads what came of it."""

import pytest
from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

RESULT = "18 degrees, Föhn"
EXPECTED = f"The tool said: {RESULT}"


@tool
def get_weather(city: str) -> str:
    """Tells the weather of a city."""
    assert city
    return RESULT


class Capital(BaseModel):
    """A capital."""

    city: str
    people: int


def openai(gateway, key, group):
    return ChatOpenAI(base_url=f"{gateway.url}/v1", api_key=key, model=group, max_retries=0)


def responses(gateway, key, group):
    return ChatOpenAI(
        base_url=f"{gateway.url}/v1", api_key=key, model=group, max_retries=0, use_responses_api=True
    )


def anthropic(gateway, key, group):
    return ChatAnthropic(base_url=gateway.url, api_key=key, model=group, max_tokens=500, max_retries=0)


@pytest.fixture(
    params=[openai, responses, anthropic], ids=["ChatOpenAI", "ChatOpenAI on Responses", "ChatAnthropic"]
)
def model(request, gateway, key, group):
    return request.param(gateway, key, group)


def ask(text):
    return {"messages": [{"role": "user", "content": text}]}


def test_an_agent_runs_its_tool(model):
    agent = create_agent(model, [get_weather], system_prompt="Be brief.")
    messages = agent.invoke(ask("What is the weather?"))["messages"]
    call, result, answer = messages[-3:]
    assert [one["name"] for one in call.tool_calls] == ["get_weather"]
    assert isinstance(result, ToolMessage) and result.content == RESULT
    assert isinstance(answer, AIMessage) and answer.text == EXPECTED
    assert answer.usage_metadata["input_tokens"] > 0
    assert answer.usage_metadata["output_tokens"] == -(-len(EXPECTED) // 4)


def test_an_agent_is_streamed(model):
    agent = create_agent(model, [get_weather])
    chunks = [
        message
        for message, _ in agent.stream(ask("What is the weather?"), stream_mode="messages")
        if isinstance(message, AIMessageChunk)
    ]
    assert "".join(chunk.text for chunk in chunks).endswith(EXPECTED)
    assert len(chunks) > 3, "in pieces"


async def answers(agent):
    return (await agent.ainvoke(ask("What is the weather?")))["messages"][-1].text


@pytest.mark.asyncio
async def test_an_agent_runs_asynchronously(model):
    assert await answers(create_agent(model, [get_weather])) == EXPECTED


def test_structured_output_fits_its_schema(model):
    capital = model.with_structured_output(Capital).invoke("Which capital?")
    assert isinstance(capital, Capital)

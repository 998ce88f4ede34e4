"""Pydantic AI's agents."""

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

RESULT = "18 degrees"


class Capital(BaseModel):
    """A capital."""

    city: str


def openai(gateway, key, group):
    return OpenAIChatModel(group, provider=OpenAIProvider(base_url=f"{gateway.url}/v1", api_key=key))


def anthropic(gateway, key, group):
    return AnthropicModel(group, provider=AnthropicProvider(base_url=gateway.url, api_key=key))


@pytest.fixture(params=[openai, anthropic], ids=["OpenAIChatModel", "AnthropicModel"])
def model(request, gateway, key, group):
    return request.param(gateway, key, group)


def agent(model):
    agent = Agent(model, instructions="Be brief.")

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Tells the weather of a city."""
        assert city
        return RESULT

    return agent


@pytest.mark.asyncio
async def test_an_agent_runs_its_tool(model):
    run = await agent(model).run("What is the weather?")
    assert run.output == f"The tool said: {RESULT}"
    assert run.usage.requests == 2 and run.usage.output_tokens > 0


@pytest.mark.asyncio
async def test_an_agent_is_streamed(model):
    async with agent(model).run_stream("say one two three") as stream:
        pieces = [piece async for piece in stream.stream_text(delta=True, debounce_by=None)]
    assert "".join(pieces) == "one two three" and len(pieces) > 1


@pytest.mark.asyncio
async def test_structured_output_fits_its_schema(model):
    run = await Agent(model, output_type=Capital).run("Which capital?")
    assert isinstance(run.output, Capital)

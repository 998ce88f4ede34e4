"""LlamaIndex's chat models and its function agent."""

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.llms.anthropic import Anthropic
from llama_index.llms.openai_like import OpenAILike

RESULT = "18 degrees"


def get_weather(city: str) -> str:
    """Tells the weather of a city."""
    assert city
    return RESULT


def openai(gateway, key, group):
    return OpenAILike(
        model=group, api_base=f"{gateway.url}/v1", api_key=key, is_chat_model=True,
        is_function_calling_model=True, context_window=100_000, max_retries=0,
    )


def anthropic(gateway, key, _group):
    # It knows its models by name, so the group has an alias of such a name.
    return Anthropic(model="claude-sonnet-4-5", base_url=gateway.url, api_key=key, max_retries=0)


@pytest.fixture(params=[openai, anthropic], ids=["OpenAILike", "Anthropic"])
def model(request, gateway, group):
    key = gateway.new_key(max_budget=1, aliases={"claude-sonnet-4-5": group})
    return request.param(gateway, key, group)


def test_a_chat_is_answered_and_streamed(model):
    messages = [ChatMessage(role="user", content="say one two three")]
    assert model.chat(messages).message.content == "one two three"
    assert [piece.message.content for piece in model.stream_chat(messages)][-1] == "one two three"


@pytest.mark.asyncio
async def test_an_agent_runs_its_tool(model):
    agent = FunctionAgent(tools=[get_weather], llm=model, system_prompt="Be brief.")
    assert str(await agent.run("What is the weather?")) == f"The tool said: {RESULT}"

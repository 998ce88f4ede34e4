"""LangChain's Converse model: a bearer token, an endpoint, nothing else."""

import boto3
import botocore.config
import pytest
from langchain_aws import ChatBedrockConverse
from test_langgraph import EXPECTED, ask, get_weather
from langchain.agents import create_agent
from langchain_core.messages import AIMessageChunk


@pytest.fixture
def model(tls_gateway, group, monkeypatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", tls_gateway.new_key(max_budget=1))
    client = boto3.session.Session().client(
        "bedrock-runtime",
        endpoint_url=f"{tls_gateway.url}/bedrock",
        region_name="us-east-1",
        verify=str(tls_gateway.certificate),
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    return ChatBedrockConverse(client=client, model=group, provider="amazon", disable_streaming=False)


def test_an_agent_runs_its_tool(model):
    agent = create_agent(model, [get_weather], system_prompt="Be brief.")
    answer = agent.invoke(ask("What is the weather?"))["messages"][-1]
    assert answer.text == EXPECTED
    assert answer.usage_metadata["input_tokens"] > 0


def test_a_stream_is_read(model):
    chunks = list(model.stream("say one two three"))
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    assert "".join(chunk.text for chunk in chunks) == "one two three"

"""What the tests of AWS's guidance for a gateway expect: users with limits, by the OpenAI SDK and by boto3."""

import uuid

import httpx
import openai as sdk
import pytest
from botocore.exceptions import ClientError

import clients

MESSAGES = [{"role": "user", "content": "say hi"}]


def new_user(gateway, **settings):
    email = f"{uuid.uuid4()}@example.org"
    body = {"user_email": email, "user_role": "internal_user", **settings}
    answer = gateway.admin("POST", "/user/new", json=body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["user_id"]
    for field, value in settings.items():
        assert made[field] == value, field
    return made["key"]


def openai(gateway, key):
    return clients.openai(gateway, key, http_client=httpx.Client(verify=gateway.context()))


def refused(gateway, monkeypatch, key, words):
    """Both clients raise, and say why."""
    with openai(gateway, key) as client, pytest.raises(sdk.APIStatusError) as told:
        client.chat.completions.create(model="gpt", messages=MESSAGES)
    assert any(word in str(told.value).lower() for word in words), told.value
    bedrock = clients.bedrock(gateway, key, monkeypatch)
    with pytest.raises(ClientError) as told:
        bedrock.converse(modelId="gpt", messages=[clients.user("say hi")])
    assert any(word in str(told.value).lower() for word in words), told.value


def test_a_user_with_nothing_to_spend_is_refused(tls_gateway, monkeypatch):
    key = new_user(tls_gateway, max_budget=0)
    refused(tls_gateway, monkeypatch, key, ["budget", "spend", "limit"])


def test_a_model_that_is_not_the_users_is_refused(tls_gateway, monkeypatch):
    key = new_user(tls_gateway, models=["claude"])
    refused(tls_gateway, monkeypatch, key, ["model", "access", "permission"])


def test_a_users_rate_for_a_model_is_refused(tls_gateway, monkeypatch):
    key = new_user(tls_gateway, model_rpm_limit={"gpt": 1})
    with openai(tls_gateway, key) as client:
        client.chat.completions.create(model="gpt", messages=MESSAGES)
    refused(tls_gateway, monkeypatch, key, ["rate limit"])


def test_a_key_that_there_is_not_raises(tls_gateway, monkeypatch):
    refused(tls_gateway, monkeypatch, "sk-there-is-no-such-key", ["api key"])

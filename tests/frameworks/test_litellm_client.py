"""LiteLLM's own management client: keys, teams, users, models, spend."""

import uuid

import pytest
import stack
from litellm.proxy.client import Client, UnauthorizedError, UsersManagementClient
from litellm.proxy.client.exceptions import NotFoundError

MESSAGES = [{"role": "user", "content": "say hi"}]


@pytest.fixture
def client(gateway):
    return Client(base_url=gateway.url, api_key=stack.MASTER_KEY)


@pytest.fixture
def users(gateway):
    return UsersManagementClient(base_url=gateway.url, api_key=stack.MASTER_KEY)


def name(kind):
    return f"{kind}-{uuid.uuid4()}"


def test_keys_are_made_listed_changed_told_and_deleted(gateway, client):
    alias = name("key")
    made = client.keys.generate(models=["gpt"], key_alias=alias, duration="1h", aliases={"mine": "gpt"})
    assert made["models"] == ["gpt"]
    listed = client.keys.list(key_alias=alias, return_full_object=True)
    assert [key["token"] for key in listed["keys"]] == [made["token"]]
    changed = client.keys.update(made["key"], models=["gpt", "claude"])
    assert changed["models"] == ["gpt", "claude"]
    assert client.keys.info(made["key"])["info"]["key_alias"] == alias
    own = Client(base_url=gateway.url, api_key=made["key"])
    answer = own.chat.completions(model="mine", messages=MESSAGES)
    assert answer["choices"][0]["message"]["content"]
    assert client.keys.delete(keys=[made["key"]]) == {"deleted_keys": [made["key"]]}
    with pytest.raises(UnauthorizedError):
        own.models.list()


def test_users_are_made_listed_told_and_deleted(client, users):
    user_id = name("user")
    made = users.create_user({"user_id": user_id, "user_role": "internal_user", "max_budget": 3})
    assert made["max_budget"] == 3
    assert made["key"].startswith("sk-")
    assert user_id in [user["user_id"] for user in users.list_users({"user_ids": user_id})]
    assert users.get_user(user_id)["user_info"]["max_budget"] == 3
    assert users.get_user_v2(user_id)["user_role"] == "internal_user"
    assert users.delete_user([user_id]) == 1
    with pytest.raises(NotFoundError):
        users.get_user(user_id)


def test_teams_are_made_and_listed(client):
    team_id = name("team")
    made = client.http.request("POST", "/team/new", json={"team_id": team_id, "team_alias": team_id})
    assert made["team_alias"] == team_id
    assert team_id in [team["team_id"] for team in client.teams.list()]
    assert client.teams.list_v2(team_id=team_id)["teams"][0]["team_id"] == team_id
    gone = client.http.request("POST", "/team/delete", json={"team_ids": [team_id]})
    assert [team["team_id"] for team in gone["deleted_teams"]] == [team_id]


def test_models_are_listed_and_told(client):
    names = [model["id"] for model in client.models.list()]
    assert "gpt" in names
    told = client.models.get(model_name="gpt")
    assert told["model_info"]["input_cost_per_token"] > 0
    assert "api_key" not in told["litellm_params"]
    assert client.models.get(model_id=told["model_info"]["id"]) == told
    assert "gpt" in [group["model_group"] for group in client.model_groups.info()]


def test_models_are_added_changed_and_taken_away(gateway, fakes, client):
    public = name("model")
    params = {"model": "openai/gpt-4o", "api_base": f"{fakes.urls['openai']}/v1", "api_key": "sk-of-the-added"}
    made = client.models.new(model_name=public, model_params=params, model_info={"access_groups": ["lab"]})
    assert made["model_info"]["db_model"] is True
    model_id = made["model_id"]
    assert client.chat.completions(model=public, messages=MESSAGES)["choices"]
    assert client.models.update(model_id, model_params={"rpm": 7})["litellm_params"]["rpm"] == 7
    told = client.models.get(model_id=model_id)
    assert told["litellm_params"]["rpm"] == 7
    assert "api_key" not in told["litellm_params"]
    assert client.models.delete(model_id) == {"message": f"Model: {model_id} deleted successfully"}
    assert public not in [model["id"] for model in client.models.list()]


def test_credentials_are_made_told_renamed_by_nobody_and_deleted(client):
    credential = name("credential")
    values = {"api_key": "sk-of-the-credential-itself"}
    made = client.credentials.create(credential, credential_info={"custom_llm_provider": "openai"}, credential_values=values)
    assert made["success"] is True
    assert credential in [row["credential_name"] for row in client.credentials.list()["credentials"]]
    told = client.credentials.get(credential)
    assert told["credential_values"] == {"api_key": "sk****lf"}
    assert client.credentials.delete(credential)["success"] is True


def test_spend_is_told_call_by_call(gateway, client):
    key = gateway.new_key()
    Client(base_url=gateway.url, api_key=key).chat.completions(model="gpt", messages=MESSAGES)
    gateway.settled(key, rows=1)
    rows = client.http.request("GET", "/spend/logs", params={"api_key": key})
    assert [row["spend"] > 0 for row in rows] == [True]
    assert rows[0]["spend"] == client.keys.info(key)["info"]["spend"]
